// What things are called. Pure.

/** The name to show for a path or URL: its last part. */
export function fileName(label) {
  const path = label.replace(/[?#].*$/, '').replace(/\/+$/, '');
  const last = path.slice(path.lastIndexOf('/') + 1) || label;
  try {
    return decodeURIComponent(last);
  } catch {
    return last;  // a stray % in a file's name
  }
}

export function taskName(task) {
  return fileName(task.label || task.task);
}
