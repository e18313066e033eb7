// Trains exits for a marked app on the node's own machine, where the trainer is installed.
import {request, read, save, ApiError} from './api.js';
import {h, say} from './dom.js';
import {Doubts} from './doubts.js';

const kPatience = 120_000;  // ms; a package is verified, measured and compiled
const kEvery = 1_000;  // ms between two looks while a training runs

export class Training {
  // `app()`: the chosen one. `go(app, frame)`: shows it where it can be marked.
  constructor(app, go) {
    this.app = app;
    this.doubts = new Doubts(go);
    this.start = h('button', {type: 'button', class: 'main', onclick: () => this.begin()}, 'Train on this node');
    this.package = h('button', {type: 'button', hidden: true, onclick: () => this.savePackage()}, 'Save the package');
    this.run = h('button', {type: 'button', hidden: true, onclick: () => this.runIt()}, 'Run it on this stream');
    this.state = h('p', {role: 'status'});
    this.fault = h('p', {class: 'fault', role: 'alert', hidden: true});
    this.log = h('code');
    this.output = h('pre', {tabIndex: 0, hidden: true, 'aria-label': 'What the trainer says'}, this.log);
    this.element = h('div', {class: 'training', hidden: true}, h('p', {class: 'row'}, this.start, this.run, this.package), this.state,
      this.fault, this.output, this.doubts.element);
  }

  open(id, stream, fps) {
    this.id = id;
    this.stream = stream;
    this.fps = fps;
    this.running = false;
    this.doubts.close();
    this.tell('');
    this.look();
  }

  // Looks no more.
  close() { clearTimeout(this.timer); }

  tell(fault) {
    this.fault.hidden = !fault;
    say(this.fault, fault);
  }

  async ask(options) {
    this.close();
    const id = this.id;
    try {
      const answer = await request(`recordings/${id}/training`, options);
      if (id === this.id) this.fill(answer);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.tell(`${error.message[0].toUpperCase()}${error.message.slice(1)}.`);
      if (this.running && id === this.id) this.lookSoon();
    }
  }

  look() { return this.ask(); }

  lookSoon() { this.timer = setTimeout(() => this.look(), kEvery); }

  // The marks are others now, so other frames contradict them.
  marksChanged() {
    if (this.doubts.id === this.id && !this.doubts.element.hidden) this.doubts.open(this.id, this.fps);
  }

  begin() {
    this.tell('');
    return this.ask({method: 'POST', json: {app: this.app()}});
  }

  fill({installed, phase, app, log}) {
    this.tell('');
    this.running = phase === 'running';
    this.element.hidden = !installed && phase === 'none';
    this.start.disabled = !installed || this.running;
    this.package.hidden = this.run.hidden = phase !== 'done';
    this.trained = app;
    const words = {
      none: 'Exits are trained in seconds, beside the analysis.',
      running: `${app} is being trained.`,
      done: `${app} is trained.`,
      failed: `The training of ${app} failed; the trainer says why.`,
    };
    say(this.state, words[phase]);
    this.output.hidden = !log;
    say(this.log, log);
    if (phase === 'done') this.doubts.open(this.id, this.fps);
    else this.doubts.close();
    if (this.running) this.lookSoon();
  }

  // In place of the app of this name, if there is one.
  async runIt() {
    this.tell('');
    this.run.disabled = true;
    say(this.state, `The node checks and plans ${this.trained}.`);
    try {
      const file = await read(`recordings/${this.id}/trained.mpkg`);
      const {sha256} = await request('packages', {method: 'PUT', file, patience: kPatience});
      await request(`apps/${encodeURIComponent(this.trained)}`,
        {method: 'PUT', json: {package: sha256, stream: this.stream}, patience: kPatience});
      say(this.state, `${this.trained} runs on ${this.stream}.`);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      say(this.state, '');
      this.tell(`${this.trained} does not run: ${error.message}.`);
    }
    this.run.disabled = false;
  }

  async savePackage() {
    try {
      await save(`recordings/${this.id}/trained.mpkg`, `${this.trained}.mpkg`);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.tell(`The package cannot be saved: ${error.message}.`);
    }
  }
}
