import { hash } from "node:crypto";

/** The page's whole style. System fonts; both colour schemes; from 390 px up. */
export const docsStyle = `
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --soft: #57606a; --line: #d0d7de; --tint: #f6f8fa; --link: #0550ae; --get: #0a5c36; --post: #0550ae; --change: #7a4100; --delete: #a40e26; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: #0d1117; --soft: #9aa4af; --line: #30363d; --tint: #161b22; --link: #79b8ff; --get: #56d364; --post: #79b8ff; --change: #e3b341; --delete: #ff8d85; } }
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; font: 16px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 3px; }
code, pre { font: 0.875em/1.5 ui-monospace, monospace; }
code { overflow-wrap: anywhere; }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: 1rem; background: var(--paper); padding: 0.5rem; }
.layout { display: grid; grid-template-columns: 17rem minmax(0, 1fr); max-width: 80rem; margin: 0 auto; }
nav { position: sticky; top: 0; max-height: 100vh; overflow-y: auto; padding: 1.5rem 1rem; border-right: 1px solid var(--line); }
nav h2 { font-size: 0.8rem; margin: 1rem 0 0.25rem; color: var(--soft); text-transform: uppercase; letter-spacing: 0.05em; }
nav ul { list-style: none; margin: 0; padding: 0; }
nav a { display: block; padding: 0.15rem 0; text-decoration: none; font-size: 0.9rem; }
nav a:hover { text-decoration: underline; }
main { padding: 1.5rem; min-width: 0; }
section { margin-top: 2.5rem; }
details { border: 1px solid var(--line); border-radius: 6px; margin: 0.75rem 0; }
summary { padding: 0.6rem 0.75rem; cursor: pointer; display: flex; gap: 0.75rem; align-items: baseline; flex-wrap: wrap; }
details[open] > summary { border-bottom: 1px solid var(--line); background: var(--tint); }
.inside { padding: 0.25rem 0.75rem 0.75rem; }
.method { font: 700 0.8rem ui-monospace, monospace; min-width: 4rem; }
.GET { color: var(--get); } .POST { color: var(--post); } .PATCH { color: var(--change); } .DELETE { color: var(--delete); }
.about { color: var(--soft); flex-basis: 100%; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
th, td { text-align: left; vertical-align: top; padding: 0.35rem 0.75rem 0.35rem 0; border-bottom: 1px solid var(--line); }
td:last-child, th:last-child { padding-right: 0; min-width: 10rem; }
th code { overflow-wrap: normal; white-space: nowrap; }
.kind { color: var(--soft); }
pre { background: var(--tint); border: 1px solid var(--line); border-radius: 6px; padding: 0.75rem; overflow-x: auto; }
@media (max-width: 52rem) { .layout { grid-template-columns: minmax(0, 1fr); } nav { position: static; max-height: 45vh; border-right: 0; border-bottom: 1px solid var(--line); } main { padding: 1rem; } td:last-child, th:last-child { min-width: 8rem; } th, td { padding-right: 0.5rem; } }
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
`;

/** Nothing but this very style: no script, no picture, no font, no frame. */
export const docsPolicy: string = [
  "default-src 'none'",
  `style-src 'sha256-${hash("sha256", docsStyle, "base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");
