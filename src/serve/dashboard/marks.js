// A recording, frame by frame, and the marks in it: for each app the stretches in which it is to find something.
import {request, show, save, ApiError} from './api.js';
import {h, say, count, number} from './dom.js';
import {Training} from './training.js';

const kLongStep = 10;  // frames

export class Marks {
  constructor(tell) {
    this.tell = tell;
    this.apps = new Map();  // name -> [[first, last], ..]
    this.image = h('img', {alt: 'The chosen frame'});
    this.slider = h('input', {type: 'range', min: 0, 'aria-label': 'Frame', oninput: () => this.go(Number(this.slider.value))});
    this.strip = h('div', {class: 'strip', 'aria-hidden': 'true'});
    this.where = h('p', {class: 'soft small'});
    this.names = h('datalist', {id: 'app-names'});
    this.app = h('input', {type: 'text', maxLength: 100, value: 'my-app', 'aria-label': 'App', spellcheck: false,
      oninput: () => this.draw()});
    this.app.setAttribute('list', 'app-names');
    const button = (text, key, action) => h('button', {type: 'button', onclick: action}, text, key ? h('kbd', {}, key) : null);
    this.playing = button('Play', 'Space', () => this.play());
    this.list = h('ul', {class: 'marks'});
    this.state = h('p', {class: 'soft small', role: 'status'});
    this.command = h('code');
    this.training = new Training(() => this.name, (app, frame) => this.correct(app, frame));
    this.element = h('div', {class: 'card', hidden: true, onkeydown: (event) => this.key(event)},
      h('h3', {}, '2. Mark'),
      h('p', {class: 'soft'}, 'Go to the first frame that shows it and begin; go to the last one and end.'),
      h('div', {class: 'player', tabIndex: 0, 'aria-label': 'Frames: arrows to move, B to begin, E to end'}, this.image),
      this.slider, this.strip, this.where,
      h('div', {class: 'row'}, button('−1 frame', '←', () => this.go(this.frame - 1)), this.playing,
        button('+1 frame', '→', () => this.go(this.frame + 1))),
      h('div', {class: 'row'}, h('label', {}, 'App ', this.app, this.names),
        this.begin = button('Begin here', 'B', () => this.beginMark()), this.end = button('End here', 'E', () => this.endMark())),
      this.list, this.state,
      h('h3', {}, '3. Train'),
      h('p', {class: 'row'}, button('Save the video', '', () => this.saveVideo()), button('Save the labels', '', () => this.saveLabels())),
      h('p', {class: 'soft'}, 'Then, on a machine that has the trainer:'), h('pre', {tabIndex: 0}, this.command),
      this.training.element);
  }

  open(recording, marks) {
    this.id = recording.id;
    this.fps = recording.fps;
    this.frames = recording.frames;
    this.apps = new Map(Object.entries(marks.apps));
    this.from = null;
    this.slider.max = this.frames - 1;
    if (this.apps.size && !this.apps.has(this.app.value)) this.app.value = [...this.apps.keys()][0];
    say(this.state, '');
    this.training.open(this.id, recording.stream, recording.fps);
    this.element.hidden = false;
    this.go(0);
    this.element.scrollIntoView({block: 'nearest'});
    this.element.querySelector('.player').focus({preventScroll: true});
  }

  close() {
    this.hide();
    this.training.doubts.close();
    this.id = null;
    this.element.hidden = true;
  }

  // Whether an app is being trained on this recording, as far as is seen here.
  trains(id) { return id === this.id && this.training.running; }

  // Goes on with what was open.
  show() {
    if (this.id) this.training.look();
  }

  hide() {
    this.pause();
    this.training.close();
  }

  pause() {
    clearInterval(this.timer);
    this.timer = null;
    say(this.playing.firstChild, 'Play');
  }

  know(names) {
    if (this.names.childElementCount !== names.length)
      this.names.replaceChildren(...names.map((name) => h('option', {value: name})));
  }

  key(event) {
    if (event.target === this.app || event.ctrlKey || event.metaKey || event.altKey) return;
    const onButton = event.target.tagName === 'BUTTON';
    const step = event.shiftKey ? kLongStep : 1;
    const action = {ArrowLeft: () => this.go(this.frame - step), ArrowRight: () => this.go(this.frame + step),
      Home: () => this.go(0), End: () => this.go(this.frames - 1), b: () => this.beginMark(), e: () => this.endMark(),
      ' ': onButton ? null : () => this.play()}[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  play() {
    if (this.timer) {
      this.pause();
      return;
    }
    if (this.frame === this.frames - 1) this.go(0);
    say(this.playing.firstChild, 'Pause');
    this.timer = setInterval(() => {
      if (this.frame >= this.frames - 1) this.pause();
      else if (!this.loading) this.go(this.frame + 1);
    }, 1000 / this.fps);
  }

  go(frame) {
    this.frame = Math.min(this.frames - 1, Math.max(0, frame));
    this.slider.value = this.frame;
    this.slider.setAttribute('aria-valuetext', `frame ${this.frame} of ${this.frames}`);
    this.load();
    this.draw();
  }

  // Shows a frame to mark this app in.
  correct(app, frame) {
    this.app.value = app;
    this.go(frame);
    this.element.scrollIntoView();
    this.element.querySelector('.player').focus({preventScroll: true});
  }

  // One at a time; the newest wish last.
  async load() {
    if (this.loading) return;
    this.loading = true;
    for (let shown = null; shown !== `${this.id} ${this.frame}`;) {
      shown = `${this.id} ${this.frame}`;
      try {
        await show(this.image, `recordings/${this.id}/frame.jpg?index=${this.frame}`);
      } catch (error) {
        this.tell(`The frame cannot be read: ${error.message}.`);
      }
    }
    this.loading = false;
  }

  get name() { return this.app.value.trim(); }
  get marks() { return this.apps.get(this.name) || []; }

  beginMark() {
    this.from = this.frame;
    this.draw();
  }

  endMark() {
    if (this.from === null || !this.name) {
      this.tell(this.name ? 'Begin a mark first.' : 'The app needs a name.');
      return;
    }
    const mark = [Math.min(this.from, this.frame), Math.max(this.from, this.frame)];
    this.from = null;
    this.apps.set(this.name, joined([...this.marks, mark]));
    this.store();
  }

  drop(index) {
    const rest = this.marks.filter((_, i) => i !== index);
    if (rest.length) this.apps.set(this.name, rest);
    else this.apps.delete(this.name);
    this.store();
  }

  async store() {
    this.draw();
    say(this.state, 'Keeping the marks.');
    try {
      await request(`recordings/${this.id}/marks`, {method: 'PUT', json: {apps: Object.fromEntries(this.apps)}});
      say(this.state, 'The node has kept the marks.');
      this.training.marksChanged();
      this.tell('');
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      say(this.state, `The marks are not kept: ${error.message}.`);
    }
  }

  draw() {
    say(this.where, `Frame ${this.frame} of ${this.frames}, ${number(this.frame / this.fps, 1)} s` +
      (this.from === null ? '' : `; the mark begins at frame ${this.from}`));
    const stretch = (first, last, kind) => {
      const part = h('span', {class: kind});
      part.style.left = `${100 * first / this.frames}%`;
      part.style.width = `${100 * (last - first + 1) / this.frames}%`;
      return part;
    };
    this.strip.replaceChildren(...this.marks.map(([first, last]) => stretch(first, last, 'marked')),
      ...(this.from === null ? [] : [stretch(Math.min(this.from, this.frame), Math.max(this.from, this.frame), 'begun')]),
      stretch(this.frame, this.frame, 'now'));
    this.list.replaceChildren(...this.marks.map(([first, last], i) => h('li', {},
      h('button', {type: 'button', onclick: () => this.go(first)}, `${first} to ${last}`),
      h('span', {class: 'soft'}, `${count(last - first + 1, 'frame', 'frames')}, ${number((last - first + 1) / this.fps, 1)} s`),
      h('button', {type: 'button', 'aria-label': `Drop the mark from ${first} to ${last}`, onclick: () => this.drop(i)}, 'Drop'))));
    const quoted = `'${this.name.replaceAll("'", "'\\''")}'`;
    say(this.command, `mainstream train --base BASE.onnx --video ${this.id}.mkv --labels ${this.id}.csv ` +
      `--app ${quoted} -o APP.mpkg`);
  }

  saveVideo() { this.save('video.mkv', `${this.id}.mkv`); }
  saveLabels() { this.save('labels.csv', `${this.id}.csv`); }

  async save(file, as) {
    try {
      await save(`recordings/${this.id}/${file}`, as);
      this.tell('');
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.tell(`It cannot be saved: ${error.message}.`);
    }
  }
}

// In order, those that meet made one.
function joined(marks) {
  const result = [];
  for (const [first, last] of marks.sort((a, b) => a[0] - b[0])) {
    const before = result.at(-1);
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else result.push([first, last]);
  }
  return result;
}
