// One tile for each stream: its newest picture, and its apps' scores against their thresholds.
import {show} from './api.js';
import {h, say, keep, note, number, rate, count} from './dom.js';

const kEvery = 1_000;  // ms between two pictures of a tile that is seen

export class Live {
  constructor(parent) {
    this.parent = parent;
    this.seen = new Set();
    this.watch = new IntersectionObserver((entries) => {
      for (const entry of entries) this.seen[entry.isIntersecting ? 'add' : 'delete'](entry.target);
    });
  }

  show() { this.timer = setInterval(() => this.pictures(), kEvery); }
  hide() { clearInterval(this.timer); }

  fail(text) { this.parent.replaceChildren(note(text, true)); }

  update(node) {
    if (!node.streams.length) {
      this.parent.replaceChildren(note('There is no stream yet. Streams are in the configuration of the node.'));
      return;
    }
    const apps = node.apps.flatMap((app) => app.streams.map((on) => ({...app, ...on})));
    if (!this.parent.querySelector('.tile')) this.parent.replaceChildren();
    keep(this.parent, node.streams, (stream) => stream.name, () => this.make(), (tile, stream) => {
      fill(tile, stream, apps.filter((app) => app.stream === stream.name));
    });
    this.parent.classList.toggle('one', node.streams.length === 1);
    if (!this.started) this.pictures();
    this.started = true;
  }

  make() {
    const tile = h('article', {class: 'tile'},
      h('div', {class: 'frame'}, h('img', {alt: '', hidden: true}), h('p', {class: 'over'})),
      h('header', {}, h('h3'), h('p', {class: 'chip'})),
      h('p', {class: 'why'}),
      h('ul', {class: 'apps'}));
    this.watch.observe(tile);
    return tile;
  }

  pictures() {
    if (document.visibilityState !== 'visible') return;
    for (const tile of this.parent.querySelectorAll('.tile')) {
      if ((this.started && !this.seen.has(tile)) || tile.loading || tile.dataset.up !== 'true') continue;
      tile.loading = true;
      const image = tile.querySelector('img');
      show(image, `streams/${encodeURIComponent(tile.dataset.key)}/latest.jpg`)
        .then(() => {
          image.hidden = false;
          say(tile.querySelector('.over'), '');
        }, () => {})
        .finally(() => { tile.loading = false; });
    }
  }
}

function fill(tile, stream, apps) {
  tile.dataset.up = stream.up;
  say(tile.querySelector('h3'), stream.name);
  const image = tile.querySelector('img');
  image.alt = `Newest picture of ${stream.name}`;
  const over = tile.querySelector('.over');
  say(over, stream.up ? (image.hidden ? 'No picture yet' : '') : 'No picture: the stream is down');
  const chip = tile.querySelector('header .chip');
  chip.className = `chip ${stream.up ? 'good' : 'bad'}`;
  say(chip, stream.up ? `${number(stream.reached_fps)} of ${rate(stream.fps)}` : 'Down');
  const why = tile.querySelector('.why');
  tell(why, [stream.reason, stream.picture.warning]);
  const list = tile.querySelector('.apps');
  keep(list, apps, (app) => app.name, makeApp, fillApp);
  if (!apps.length) list.replaceChildren(h('li', {class: 'soft'}, 'No app watches this stream.'));
}

function makeApp() {
  return h('li', {class: 'app'},
    h('p', {class: 'name'}, h('strong'), h('span', {class: 'chip'})),
    h('div', {class: 'score', role: 'meter', 'aria-valuemin': 0, 'aria-valuemax': 1},
      h('span', {class: 'value'}), h('span', {class: 'mark'})),
    h('p', {class: 'figure'}),
    h('p', {class: 'why'}));
}

function stateOf(app) {
  if (!app.enabled) return ['', 'Off'];
  if (!app.in_hours) return ['', 'Outside its hours'];
  if (!app.planned) return ['warn', 'Not planned'];
  return app.event_open ? ['hot', 'Event'] : ['good', 'Watching'];
}

function fillApp(item, app) {
  say(item.querySelector('strong'), app.name);
  const [kind, word] = stateOf(app);
  const chip = item.querySelector('.chip');
  chip.className = `chip ${kind}`;
  say(chip, word);
  const meter = item.querySelector('.score');
  const score = app.last_score;
  meter.hidden = score === null || !app.planned;
  if (!meter.hidden) {
    meter.classList.toggle('above', score >= app.threshold);
    meter.querySelector('.value').style.width = `${100 * score}%`;
    meter.querySelector('.mark').style.left = `${100 * app.threshold}%`;
    meter.setAttribute('aria-valuenow', score);
    meter.setAttribute('aria-label', `Score of ${app.name}`);
    meter.setAttribute('aria-valuetext', `${number(score, 2)}, threshold ${number(app.threshold, 2)}`);
  }
  const figure = item.querySelector('.figure');
  figure.hidden = !app.planned;
  say(figure, app.planned ? `Score ${number(score, 2)}, threshold ${number(app.threshold, 2)}, ` +
    `${number(app.reached_fps)} of ${rate(app.planned_fps)}, ${count(app.events, 'event', 'events')}` : '');
  const why = item.querySelector('.why');
  // The meter tells already that the score is low.
  const low = app.planned && app.why_no_event?.startsWith('the last score');
  tell(why, [app.planned ? (low ? '' : app.why_no_event) : app.reason, app.scores.warning, app.judged?.warning]);
}

// What there is of these texts, a line each; hidden without any.
function tell(place, texts) {
  const lines = texts.filter(Boolean);
  place.hidden = !lines.length;
  say(place, lines.join('\n'));
}
