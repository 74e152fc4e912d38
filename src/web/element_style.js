// What the elements have in common to look at. Colours are named by what they mean; every text colour has at least
// 4.5:1 on a white or a #1b1e27 ground. Each can be set from outside by the custom property of its name.

const styleSheets = new Map();

/** One style sheet for all elements of a kind. */
export function styleSheet(css) {
  if (!styleSheets.has(css)) {
    const made = new CSSStyleSheet();
    made.replaceSync(css);
    styleSheets.set(css, made);
  }
  return styleSheets.get(css);
}

const COLOURS = {
  accent: ['#4b58d6', '#8f9bff'],
  track: ['#e4e3ee', '#2c3040'],
  line: ['#e0ded6', '#2c303d'],
  surface: ['#ffffff', '#1b1e27'],
  sunken: ['#f4f3ef', '#14161d'],
  quiet: ['#5c6070', '#a0a6b8'],
  good: ['#1d7a4c', '#5fd39b'],
  'good-ground': ['#e2f3e9', '#16302a'],
  bad: ['#b3261e', '#ff8f85'],
  'bad-ground': ['#fce8e6', '#3a1f22'],
  warn: ['#8a5300', '#f5bd62'],
  'warn-ground': ['#fdf0d8', '#362a17'],
  'calm-ground': ['#e9eafb', '#262a48'],
};

const declareColours = (value) => Object.entries(COLOURS)
  .map(([name, [light, dark]]) => `--_${name}: var(--fanfare-${name}, ${value(light, dark)});`).join('\n');

// Private names begin with an underscore: what stands in a slot inherits them, and the page has names of its own.
// light-dark() follows the color-scheme of the place where the element stands, which a media query cannot know.
export const SHARED_CSS = `
:host {
  ${declareColours((light, dark) => `light-dark(${light}, ${dark})`)}
  --_mono: var(--fanfare-mono, ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace);
  --_radius: var(--fanfare-radius, 10px);
  display: block;
  min-width: 0;
  color: var(--fanfare-text, inherit);
  font-family: var(--fanfare-font, inherit);
  font-variant-numeric: tabular-nums;
  overflow-wrap: anywhere;
}
@supports not (color: light-dark(red, red)) {
  :host { ${declareColours((light) => light)} }
}
:host([hidden]), [hidden] { display: none !important; }
*, *::before, *::after { box-sizing: border-box; }
p, ul, ol, dl, dd { margin: 0; padding: 0; }
ul, ol { list-style: none; }
:focus-visible { outline: 3px solid var(--_accent); outline-offset: 2px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { animation: none !important; transition: none !important; }
}`;
