// Events with their pictures, and what people say of them.
import {request, show, ApiError} from './api.js';
import {h, say, note, number, count, time, length} from './dom.js';

const kPage = 30;
const kMost = 10 * kPage;  // of those that come while the page is open
const kLatest = 6;

const at = (id) => document.getElementById(id);
const local = (date) => new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);

function announce(event) {
  say(at('said'), `${event.app} on ${event.stream}: an event began`);
}

// A card of one event; `fill` brings it up to date.
class Card {
  constructor(event, small) {
    this.image = h('img', {alt: '', hidden: true});
    this.open = h('button', {class: 'picture', type: 'button', onclick: () => this.enlarge()}, this.image);
    this.title = h('h4');
    this.chip = h('span', {class: 'chip'});
    this.when = h('p', {class: 'when'});
    this.more = h('p', {class: 'soft small'});
    this.fault = h('p', {class: 'fault small', role: 'alert', hidden: true});
    this.buttons = [['true', 'True'], ['false', 'False']].map(([word, text]) =>
      h('button', {type: 'button', class: `verdict ${word}`, 'aria-pressed': 'false', onclick: () => this.judge(word)}, text));
    this.element = h('article', {class: small ? 'event small-event' : 'event'}, this.open,
      h('div', {class: 'about'}, h('header', {}, this.title, this.chip), this.when, small ? null : this.more,
        small ? null : h('p', {class: 'row', role: 'group'}, this.buttons), this.fault));
    this.fill(event);
  }

  fill(event) {
    this.event = {...this.event, ...event};
    const e = this.event;
    this.element.dataset.id = e.id;
    const near = e.type === 'near_miss';
    say(this.title, `${e.app} on ${e.stream}`);
    const open = e.type === 'new' || e.type === 'update';
    this.chip.hidden = !open && e.type !== 'interrupted';
    this.chip.className = `chip ${open ? 'hot' : 'warn'}`;
    say(this.chip, open ? 'Going on' : 'Interrupted');
    const seconds = (new Date(e.end_time) - new Date(e.start_time)) / 1000;
    say(this.when, near ? time(e.start_time) : `${time(e.start_time)}, ${open ? 'so far ' : ''}${length(seconds)}`);
    say(this.more, `${near ? 'Score' : 'Highest score'} ${number(e.peak_score, 2)}` +
      (e.threshold === undefined ? '.' : `, threshold ${number(e.threshold, 2)}.`) +
      (near ? '' : ` ${e.frames_positive} of ${count(e.frames_seen, 'analysed frame', 'analysed frames')} positive.`));
    for (const button of this.buttons)
      button.setAttribute('aria-pressed', String(button.classList.contains(e.verdict)));
    this.buttons[0].parentElement?.setAttribute('aria-label', near
      ? `Was there an event of ${e.app} at ${time(e.start_time)}?`
      : `Is the event of ${e.app} at ${time(e.start_time)} right?`);
    if (near) ['Missed event', 'No event'].forEach((text, i) => say(this.buttons[i], text));
    this.open.setAttribute('aria-label', `Enlarge the picture of ${e.app} at ${time(e.start_time)}`);
    this.open.disabled = !e.snapshot;
    this.image.alt = `Highest score of ${e.app} on ${e.stream}`;
    const wanted = e.snapshot ? `${e.id} ${e.peak_frame}` : '';
    if (wanted && wanted !== this.pictured) {
      this.pictured = wanted;
      show(this.image, `events/${e.id}/snapshot.jpg`).then(() => { this.image.hidden = false; },
        () => { this.pictured = ''; });
    }
  }

  enlarge() {
    if (this.image.hidden) return;
    at('picture').src = this.image.src;
    at('picture').alt = this.image.alt;
    at('picture-dialog').showModal();
  }

  async judge(verdict) {
    this.fault.hidden = true;
    try {
      await request(`events/${this.event.id}/verdict`, {method: 'PUT', json: {verdict}});
      this.fill({verdict});
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      say(this.fault, `The verdict is not stored: ${error.message}.`);
      this.fault.hidden = false;
    }
  }

  free() {
    if (this.image.src.startsWith('blob:')) URL.revokeObjectURL(this.image.src);
  }
}

// A list of cards, the newest first; the earliest go when there are too many.
class List {
  constructor(small, most) {
    this.small = small;
    this.most = most;
    this.cards = new Map();
    this.element = h('div', {class: 'events'});
  }

  // These events alone.
  set(events) {
    const wanted = new Set(events.map((event) => event.id));
    for (const id of [...this.cards.keys()]) if (!wanted.has(id)) this.remove(id);
    events.forEach((event) => this.put(event));
  }

  remove(id) {
    const card = this.cards.get(id);
    this.cards.delete(id);
    card.free();
    card.element.remove();
  }

  // Whether others had to go.
  put(event) {
    const known = this.cards.get(event.id);
    if (known) {
      known.fill(event);
      return false;
    }
    const card = new Card(event, this.small);
    this.cards.set(event.id, card);
    const before = [...this.element.children].find((other) => other.dataset.id < event.id);
    this.element.insertBefore(card.element, before || null);
    const full = this.cards.size > this.most;
    while (this.cards.size > this.most) this.remove(this.earliest());
    return full;
  }

  earliest() { return this.element.lastElementChild.dataset.id; }
}

// Beside the tiles: the newest ones.
export class Latest {
  constructor(parent) {
    this.list = new List(true, kLatest);
    this.note = note('Reading events.');
    parent.append(this.note, this.list.element);
    this.read();
  }

  async read() {
    try {
      const {events} = await request(`events?limit=${kLatest}`);
      events.forEach((event) => this.list.put(event));
      this.tell('');
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.tell(`Events cannot be read: ${error.message}.`);
    }
  }

  // Events cannot be followed, for this reason; empty: they can again.
  state(fault) {
    if (fault) this.tell(`New events do not come in: ${fault}.`);
    else this.read();
  }

  take({event, data}) {
    if (event === 'lost' || event === 'warning' || !data?.after) return;
    this.list.put(data.after);
    if (event === 'new') announce(data.after);
    this.tell('');
  }

  tell(fault) {
    this.note.hidden = !fault && this.list.cards.size > 0;
    this.note.className = fault ? 'empty bad' : 'empty';
    say(this.note, fault || 'No event yet.');
  }
}

export class Events {
  constructor(parent) {
    this.list = new List(false, kMost);
    this.next = null;
    this.app = h('select', {onchange: () => this.read()}, h('option', {value: ''}, 'All apps'));
    this.stream = h('select', {onchange: () => this.read()}, h('option', {value: ''}, 'All streams'));
    this.kind = h('select', {onchange: () => this.read()}, h('option', {value: 'event'}, 'Events'),
      h('option', {value: 'near'}, 'Near misses'));
    this.held = new Map();  // by id, new ones that wait: what a person points at does not move away
    this.fresh = h('button', {type: 'button', class: 'fresh', hidden: true, onclick: () => this.putHeld()});
    for (const left of ['pointerleave', 'focusout'])
      this.list.element.addEventListener(left, () => setTimeout(() => this.inUse() || this.putHeld()));
    this.note = note('Reading events.');
    this.more = h('button', {type: 'button', hidden: true, onclick: () => this.read(true)}, 'Show earlier ones');
    parent.append(
      h('div', {class: 'filters'}, h('label', {}, 'Show ', this.kind), h('label', {}, 'App ', this.app), h('label', {}, 'Stream ', this.stream),
        h('button', {type: 'button', onclick: () => this.askMissed()}, 'Report a missed event')),
      this.hint = h('p', {class: 'soft'}),
      this.note, this.fresh, this.list.element, h('p', {class: 'row'}, this.more));
    at('missed-cancel').onclick = () => at('missed-dialog').close();
    at('missed-form').onsubmit = (submit) => {
      submit.preventDefault();
      this.reportMissed();
    };
  }

  show() { this.read(); }
  fail(text) { this.tell(text); }
  update() {}

  // Which apps and streams there are.
  know(node) {
    const places = node.apps.flatMap((app) => app.streams.map((on) => [app.name, on.stream]));
    const key = JSON.stringify([places, node.streams.map((stream) => stream.name)]);
    if (key === this.known) return;
    this.known = key;
    options(this.app, node.apps.map((app) => [app.name, app.name]), 'All apps');
    options(this.stream, node.streams.map((stream) => [stream.name, stream.name]), 'All streams');
    options(at('missed-app'), places.map((place) => [JSON.stringify(place), `${place[0]} on ${place[1]}`]));
  }

  async read(further = false) {
    say(this.hint, this.near()
      ? 'The frame that came nearest to an event, for each ten minutes and app. Say whether an event was missed there: the next training learns most from these.'
      : 'Say whether an event is true or false: the node keeps the answer for the next training.');
    const query = new URLSearchParams({limit: kPage, near_misses: this.near()});
    if (this.app.value) query.set('app', this.app.value);
    if (this.stream.value) query.set('stream', this.stream.value);
    if (further && this.next) query.set('below', this.next);
    const asked = this.asked = query.toString();
    try {
      const {events, next} = await request(`events?${query}`);
      if (asked !== this.asked) return;
      if (further) {
        this.list.most = Math.max(kMost, this.list.cards.size + events.length);
        events.forEach((event) => this.list.put(event));
      } else {
        this.held.clear();
        this.list.most = kMost;
        this.list.set(events);
      }
      this.next = next;
      this.more.hidden = next === null;
      this.tell('');
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.tell(`Events cannot be read: ${error.message}.`);
    }
  }

  state(fault) {
    if (fault) this.tell(`New events do not come in: ${fault}.`);
    else if (this.asked) this.read();
  }

  take({event, data}) {
    if (event === 'lost' || event === 'warning' || !data?.after || !this.asked || this.near()) return;
    const {app, stream} = data.after;
    if ((this.app.value && this.app.value !== app) || (this.stream.value && this.stream.value !== stream)) return;
    if (this.list.cards.has(data.after.id) || !this.inUse()) this.put(data.after);
    else this.hold(data.after);
    this.tell('');
  }

  // A page that stays open for weeks does not grow: earlier ones can be asked for.
  put(event) {
    if (!this.list.put(event)) return;
    this.next = this.list.earliest();
    this.more.hidden = false;
  }

  hold(event) {
    this.held.set(event.id, event);
    if (this.held.size > this.list.most) this.held.delete(this.held.keys().next().value);
  }

  near() { return this.kind.value === 'near'; }

  inUse() { return this.list.element.matches(':hover, :focus-within'); }

  putHeld() {
    const events = [...this.held.values()];
    this.held.clear();
    events.forEach((event) => this.put(event));
    this.tell('');
  }

  tell(fault) {
    const waiting = this.held.size;
    this.fresh.hidden = waiting === 0;
    say(this.fresh, `Show ${count(waiting, 'new event', 'new events')}`);
    this.note.hidden = !fault && this.list.cards.size > 0;
    this.note.className = fault ? 'empty bad' : 'empty';
    const noun = this.near() ? 'near miss' : 'event';
    say(this.note, fault || `No ${noun} ${this.app.value || this.stream.value ? 'fits' : 'yet'}.`);
  }

  askMissed() {
    at('missed-fault').hidden = true;
    at('missed-start').value = local(new Date(Date.now() - 20_000));
    at('missed-end').value = local(new Date(Date.now() - 10_000));
    at('missed-dialog').showModal();
  }

  async reportMissed() {
    const [app, stream] = JSON.parse(at('missed-app').value);
    const json = {verdict: 'missed', app, stream, start_time: new Date(at('missed-start').value).toISOString(),
      end_time: new Date(at('missed-end').value).toISOString()};
    const id = `missed-${Date.now().toString(36)}-${crypto.getRandomValues(new Uint32Array(1))[0].toString(36)}`;
    try {
      await request(`events/${id}/verdict`, {method: 'PUT', json});
      at('missed-dialog').close();
      say(at('said'), 'The missed event is reported');
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      say(at('missed-fault'), `It is not stored: ${error.message}.`);
      at('missed-fault').hidden = false;
    }
  }
}

function options(select, list, all) {
  const chosen = select.value;
  const first = all ? [h('option', {value: ''}, all)] : [];
  select.replaceChildren(...first, ...list.map(([value, text]) => h('option', {value}, text)));
  if ([...select.options].some((option) => option.value === chosen)) select.value = chosen;
}
