// Figures for people: bytes, rates, times. Pure; a figure that is not known is an empty string.

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** 1234567 -> "1.2 MB". Decimal units, as download speeds are given in. */
export function bytes(value) {
  if (!Number.isFinite(value) || value < 0) return '';
  let unit = 0;
  // 999.5 kB would be printed as 1000 kB.
  while (value >= (unit === 0 ? 1000 : 999.5) && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

export function rate(value) {
  const amount = bytes(value);
  return amount && `${amount}/s`;
}

/** 42 -> "42 s", 125 -> "2 min 05 s", 3900 -> "1 h 05 min". Rounded up: a wait should not seem over before it is. */
export function duration(seconds) {
  if (!Number.isFinite(seconds) || seconds < 0) return '';
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
  return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`;
}

/** 99.97 -> "99%". Rounded down: 100% is said only of what is whole. */
export function percent(value) {
  return Number.isFinite(value) ? `${Math.floor(value)}%` : '';
}

/** Unix milliseconds -> "14:03:59", local time. */
export function clock(milliseconds) {
  const date = new Date(milliseconds);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
}

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

function two(value) {
  return String(value).padStart(2, '0');
}
