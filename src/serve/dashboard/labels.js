// Labels from one's own camera: record a stretch of a stream, mark in it what an app is to find, save both for
// `mainstream train`.
import {request, ApiError} from './api.js';
import {h, say, keep, note, number, count, time, length} from './dom.js';
import {Marks} from './marks.js';

const kEvery = 1_000;  // ms between two looks at recordings while one goes on

export class Labels {
  constructor(parent) {
    this.parent = parent;
    this.stream = h('select', {required: true});
    this.seconds = h('input', {type: 'number', min: 1, max: 600, value: 60, required: true});
    this.fault = h('p', {class: 'fault', role: 'alert', hidden: true});
    this.form = h('form', {class: 'filters', onsubmit: (event) => {
      event.preventDefault();
      this.record();
    }}, h('label', {}, 'Stream ', this.stream), h('label', {}, 'Seconds ', this.seconds),
    h('button', {class: 'main'}, 'Record'));
    this.list = h('ul', {class: 'recordings'});
    this.empty = note('Reading recordings.');
    this.marks = new Marks((text) => this.tell(text));
    parent.append(
      h('div', {class: 'card'}, h('h3', {}, '1. Record'), h('p', {class: 'soft'}, 'Record a stretch in which what the ' +
        'app is to find happens several times, and also does not.'), this.form, this.fault, this.empty, this.list),
      this.marks.element);
  }

  show() {
    this.shown = true;
    this.read();
    this.marks.show();
  }
  hide() {
    this.shown = false;
    this.marks.hide();
  }
  fail(text) { this.tell(text); }

  update(node) {
    const names = node.streams.filter((stream) => stream.up).map((stream) => stream.name);
    const key = JSON.stringify(names);
    if (key !== this.known) {
      const chosen = this.stream.value;
      this.stream.replaceChildren(...names.map((name) => h('option', {value: name}, name)));
      if (names.includes(chosen)) this.stream.value = chosen;
    }
    this.known = key;
    this.marks.know(node.apps.map((app) => app.name));
    for (const item of this.list.children)
      item.querySelector('.remove').disabled = this.marks.trains(item.dataset.key);
    const isOld = this.unread || this.recordings?.some((one) => one.going_on);
    if (isOld && !(Date.now() - this.readAt < kEvery)) this.read();
  }

  tell(fault) {
    this.fault.hidden = !fault;
    say(this.fault, fault);
  }

  async attempt(what, action) {
    try {
      this.tell('');
      return await action();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.tell(`${what}: ${error.message}.`);
      return null;
    }
  }

  async read() {
    this.readAt = Date.now();
    try {
      this.recordings = (await request('recordings')).recordings;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.unread = true;
      this.tell(`Recordings cannot be read: ${error.message}.`);
      return;
    }
    if (this.unread) this.tell('');  // another fault stays: while one is recorded, this reads each second
    this.unread = false;
    this.empty.hidden = this.recordings.length > 0;
    say(this.empty, 'Nothing is recorded yet.');
    keep(this.list, this.recordings, (one) => one.id, (one) => this.make(one.id), (item, one) => this.fill(item, one));
    if (this.marks.id && !this.recordings.some((one) => one.id === this.marks.id)) this.marks.close();
  }

  make(id) {
    return h('li', {}, h('div', {}, h('strong'), h('span', {class: 'chip hot'}, 'Recording'), h('p', {class: 'soft small'})),
      h('p', {class: 'row'}, h('button', {type: 'button', class: 'open', onclick: () => this.open(id)}, 'Mark'),
        h('button', {type: 'button', class: 'stop', onclick: () => this.stop(id)}, 'Stop'),
        h('button', {type: 'button', class: 'remove', onclick: () => this.remove(id)}, 'Remove')));
  }

  fill(item, one) {
    say(item.querySelector('strong'), `${one.stream}, ${time(one.started)}`);
    item.querySelector('.chip').hidden = !one.going_on;
    const parts = [count(one.frames, 'frame', 'frames'), length(one.frames / one.fps), `${number(one.bytes / 1e6, 1)} MB`];
    if (one.lost) parts.push(`${count(one.lost, 'frame', 'frames')} lost`);
    if (one.fault) parts.push(`it ended early: ${one.fault}`);
    say(item.querySelector('p'), parts.join(', '));
    item.querySelector('.open').disabled = one.going_on || one.frames === 0;
    item.querySelector('.stop').hidden = !one.going_on;
    item.querySelector('.remove').hidden = one.going_on;
  }

  async record() {
    const json = {stream: this.stream.value, seconds: Number(this.seconds.value)};
    await this.attempt('It cannot be recorded', () => request('recordings', {method: 'POST', json})) && this.read();
  }

  async stop(id) {
    await this.attempt('It does not stop', () => request(`recordings/${id}/stop`, {method: 'POST'})) && this.read();
  }

  async remove(id) {
    if (!confirm('Remove this recording and its marks?')) return;
    if (this.marks.id === id) this.marks.pause();  // it asks for no more pictures
    await this.attempt('It cannot be removed', () => request(`recordings/${id}`, {method: 'DELETE'})) && this.read();
  }

  async open(id) {
    const one = this.recordings.find((recording) => recording.id === id);
    await this.attempt('Marks cannot be read', async () => this.marks.open(one, await request(`recordings/${id}/marks`)));
  }
}
