// The server's questions: a dialog for the first open one, and a list of all for who would rather answer later.

const WORDS = {
  overwrite: ['Overwrite', 'Replace the file that is there.'],
  skip: ['Skip', 'Keep the file that is there, and do not download this one.'],
  rename: ['Keep both', 'Save this one under a new name.'],
};

/** How a question reads: {title, subject}. Pure. */
export function wording(prompt) {
  const { path, ...rest } = prompt.question ?? {};
  if (prompt.type === 'duplicate') return { title: 'This file already exists', subject: String(path ?? '') };
  const subject = Object.entries(typeof path === 'string' ? { path, ...rest } : rest)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('\n');
  return { title: 'The server has a question', subject };
}

/** onAnswer(prompt id, choice) returns a promise; what it throws is shown in the dialog. */
export function questions({ onAnswer }) {
  const byId = (id) => document.getElementById(id);
  const dialog = byId('dialog');
  const choices = byId('dialog-choices');
  const error = byId('dialog-error');
  const row = byId('question-row');
  const postponed = new Set();
  let open = [];
  let shown = null;

  function show(prompt) {
    const { title, subject } = wording(prompt);
    shown = prompt.prompt;
    byId('dialog-title').textContent = title;
    byId('dialog-subject').textContent = subject;
    byId('dialog-subject').hidden = subject === '';
    byId('dialog-otherwise').textContent = prompt.otherwise ? `Without an answer: ${label(prompt.otherwise).toLowerCase()}` : '';
    choices.replaceChildren(...prompt.choices.map((choice) => choiceButton(prompt, choice)));
    error.hidden = true;
    // Focus goes to the title (autofocus): a key meant for another field must not answer.
    if (!dialog.open) dialog.showModal();
  }

  function choiceButton(prompt, choice) {
    const button = document.createElement('button');
    button.type = 'button';
    button.value = choice;
    button.append(label(choice));
    if (WORDS[choice]) {
      const words = document.createElement('span');
      words.textContent = WORDS[choice][1];
      button.append(words);
    }
    button.addEventListener('click', () => answer(prompt, choice));
    return button;
  }

  async function answer(prompt, choice) {
    const buttons = [...choices.children];
    for (const button of buttons) button.disabled = true;
    error.hidden = true;
    try {
      await onAnswer(prompt.prompt, choice);
      // It closes when the stream says that the question is resolved; until then it must not open again.
      postponed.add(prompt.prompt);
      if (shown === prompt.prompt) dialog.close();
    } catch (failure) {
      for (const button of buttons) button.disabled = false;
      if (shown !== prompt.prompt) return;
      error.textContent = failure.message;
      error.hidden = false;
    }
  }

  dialog.addEventListener('close', () => {
    if (shown !== null) postponed.add(shown);
    shown = null;
    next();
  });

  function next() {
    const waiting = open.filter((prompt) => !postponed.has(prompt.prompt));
    if (shown === null && waiting.length > 0) show(waiting[0]);
    const others = open.length - 1;
    byId('dialog-count').hidden = others < 1;
    byId('dialog-count').textContent = others === 1 ? 'One more question after this' : `${others} more questions after this`;
  }

  return {
    /** What is open now. Closes the dialog of a question that was answered elsewhere. */
    update(prompts) {
      if (prompts === open) return;
      open = prompts;
      byId('questions').hidden = open.length === 0;
      byId('question-list').replaceChildren(...open.map((prompt) => {
        const item = row.content.cloneNode(true);
        const { title, subject } = wording(prompt);
        item.querySelector('p').textContent = `${title}: ${subject}`;
        item.querySelector('button').addEventListener('click', () => show(prompt));
        return item;
      }));
      if (shown !== null && !open.some((prompt) => prompt.prompt === shown)) dialog.close();
      next();
    },
    /** Another job: nothing of the last one counts. */
    reset() {
      postponed.clear();
      this.update([]);
    },
  };
}

function label(choice) {
  return WORDS[choice]?.[0] ?? choice;
}
