// Elements, and figures as text. Whatever comes from the node is set as text, never as markup.

// h('p', {class: 'soft', hidden: true, onclick: f}, 'text', child): properties that an element has are set
// as such, others as attributes.
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name === 'class') element.className = value;
    else if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

// Changes the text only where it is another one, so that a selection and a screen reader are left alone.
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Makes the children of `parent` those of `items`: `make(item)` gives a new element, `update(element, item)`
// fills it. An element stays as long as its key does, and with it the focus.
export function keep(parent, items, key, make, update) {
  const known = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  const wanted = items.map((item) => {
    const name = String(key(item));
    let element = known.get(name);
    if (element) known.delete(name);
    else {
      element = make(item);
      element.dataset.key = name;
    }
    update(element, item);
    return element;
  });
  for (const gone of known.values()) gone.remove();
  wanted.forEach((element, i) => {
    if (parent.children[i] !== element) parent.insertBefore(element, parent.children[i] || null);
  });
}

// What a panel shows in place of content: nothing there, or what is wrong.
export function note(text, bad = false) {
  return h('p', {class: bad ? 'empty bad' : 'empty'}, text);
}

// A bar; parts are [share of the whole, class, title].
export function bar(parts, label) {
  const element = h('div', {class: 'bar', role: 'img', 'aria-label': label});
  for (const [share, kind, title] of parts) {
    const part = h('span', {class: kind, title: title || ''});
    part.style.width = `${(100 * Math.min(1, Math.max(0, share))).toFixed(2)}%`;
    element.append(part);
  }
  return element;
}

export function number(value, digits = 1) {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  return value.toLocaleString('en', {minimumFractionDigits: digits, maximumFractionDigits: digits});
}
export const f1 = (value) => number(value, 2);
export const rate = (value) => `${number(value, value < 10 ? 1 : 0)} frames/s`;
export const cost = (value) => `${number(value, value < 100 ? 1 : 0)} ms/s`;

export function count(value, one, many) {
  return `${value.toLocaleString('en')} ${value === 1 ? one : many}`;
}

const clock = new Intl.DateTimeFormat('en-GB', {hour: '2-digit', minute: '2-digit', second: '2-digit'});
const day = new Intl.DateTimeFormat('en-GB', {day: 'numeric', month: 'short', year: 'numeric'});
// In local time; the day only where it is not today.
export function time(text) {
  const at = new Date(text);
  const today = day.format(at) === day.format(new Date());
  return today ? clock.format(at) : `${day.format(at)}, ${clock.format(at)}`;
}

export function length(seconds) {
  if (seconds < 60) return `${number(seconds, 1)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${Math.round(seconds % 60)} s`
                      : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
