// Elements of the page. Text of the run becomes text nodes and attribute values only, never markup.

/// An element with attributes and children; a child that is a string becomes a text node, null and false are left out.
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === 'style') for (const [property, text] of Object.entries(value)) made.style.setProperty(property, text);
    else if (key === 'on') for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    else made.setAttribute(key, value === true ? '' : String(value));
  }
  append(made, children);
  return made;
}

function append(parent, children) {
  for (const child of children.flat(Infinity))
    if (child !== null && child !== undefined && child !== false)
      parent.append(child instanceof Node ? child : String(child));
}

/// Replaces the content of a part of the page; without content the part is hidden.
function fill(id, ...children) {
  const part = document.getElementById(id);
  part.replaceChildren();
  append(part, children);
  part.hidden = part.childNodes.length === 0;
  return part;
}

/// A table. Columns: {title (or unseen: one that is only read out), number, of: row => cell content, value: row => exact figure, head: true for a row's header}.
function table(caption, columns, rows, attributes = {}) {
  const cell = (row, column) =>
    element(column.head ? 'th' : 'td',
            {scope: column.head ? 'row' : null, class: column.number ? 'number' : column.class,
             'data-value': column.value ? column.value(row) : null},
            column.of(row));
  return element('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption},
    element('table', {},
      element('caption', {class: 'unseen'}, caption),
      element('thead', {}, element('tr', {},
        columns.map(column => element('th', {scope: 'col', class: column.number ? 'number' : column.class},
          column.title ?? element('span', {class: 'unseen'}, column.unseen))))),
      element('tbody', {}, rows.map(row =>
        element('tr', attributes.row ? attributes.row(row) : {}, columns.map(column => cell(row, column)))))));
}

function button(text, click, attributes = {}) {
  return element('button', {type: 'button', on: {click}, ...attributes}, text);
}

/// A <select> with its label; options are [value, text].
function choice(label, options, chosen, change, attributes = {}) {
  const select = element('select', {on: {change: event => change(event.target.value)}, ...attributes},
    options.map(([value, text]) => element('option', {value, selected: value === chosen}, text)));
  return element('label', {class: 'choice'}, `${label} `, select);
}

/// Names and values in two columns; entries without a value are left out.
function facts(entries) {
  return element('dl', {class: 'facts'}, entries.filter(([, value]) => value !== null && value !== undefined && value !== '')
    .map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))));
}

/// Counts by text, the largest first, as a list.
function countsByText(counts) {
  const entries = Object.entries(counts ?? {}).sort((a, b) => b[1] - a[1]);
  if (entries.length === 0) return null;
  return element('ul', {class: 'plain'}, entries.map(([text, number]) => element('li', {}, `${count(number)} × ${text}`)));
}

/// A command line with a button that copies it.
function command(text) {
  const status = element('span', {role: 'status'});
  const code = element('code', {}, text);
  const copy = button('Copy', async () => {
    try {
      await navigator.clipboard.writeText(text);
      status.textContent = 'copied';
    } catch {
      getSelection().selectAllChildren(code);
      status.textContent = document.execCommand('copy') ? 'copied' : 'selected: copy it with Ctrl+C';
    }
  }, {'aria-label': `Copy: ${text}`});
  return element('p', {class: 'command'}, code, copy, status);
}

/// A word for a shell of POSIX.
function quoted(word) {
  return /^[A-Za-z0-9_.\/:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
