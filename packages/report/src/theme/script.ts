/**
 * The page's only script: theme button, copy button, cell details. Everything can be read without it. It
 * holds no data, so its hash in the page's policy never changes with a run.
 */
export const script = `'use strict';
{
  const root = document.documentElement;
  const button = document.querySelector('[data-theme-button]');
  const themes = ['auto', 'light', 'dark'];
  let theme = 'auto';
  try { theme = themes.find((t) => t === localStorage.getItem('cl-theme')) ?? 'auto'; } catch { /* storage is off */ }
  const apply = () => {
    if (theme === 'auto') delete root.dataset.theme; else root.dataset.theme = theme;
    button.textContent = 'Theme: ' + theme;
  };
  button.hidden = false;
  button.addEventListener('click', () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    try { localStorage.setItem('cl-theme', theme); } catch { /* storage is off */ }
    apply();
  });
  apply();

  for (const copy of document.querySelectorAll('[data-copy]')) {
    const source = copy.parentElement.querySelector('code');
    copy.hidden = false;
    copy.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(source.textContent);
        copy.textContent = 'Copied';
      } catch {
        getSelection().selectAllChildren(source);
        copy.textContent = 'Selected';
      }
      setTimeout(() => { copy.textContent = 'Copy'; }, 1600);
    });
  }

  const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  for (const table of document.querySelectorAll('[data-grid]')) {
    const detail = table.parentElement.nextElementSibling;
    const rows = [...table.tBodies[0].rows].map((row) => [...row.querySelectorAll('td[title]')]);
    table.setAttribute('role', 'grid');
    detail.hidden = false;
    detail.textContent = 'Details of a cell show here.';
    const show = (cell) => { detail.textContent = cell.title; };
    const focusable = (cell) => {
      for (const row of rows) for (const other of row) other.tabIndex = other === cell ? 0 : -1;
    };
    if (rows[0]?.[0]) focusable(rows[0][0]);
    table.addEventListener('pointerover', (event) => {
      const cell = event.target.closest('td[title]');
      if (cell) show(cell);
    });
    table.addEventListener('focusin', (event) => {
      const cell = event.target.closest('td[title]');
      if (cell) { focusable(cell); show(cell); }
    });
    table.addEventListener('keydown', (event) => {
      const move = moves[event.key];
      const i = rows.findIndex((row) => row.includes(event.target));
      if (!move || i < 0) return;
      event.preventDefault();
      rows[i + move[0]]?.[rows[i].indexOf(event.target) + move[1]]?.focus();
    });
  }
}
`;
