// Frames to look at first after a training: where models that had not seen them contradict the marks, and
// where they are least certain. A click goes to the frame.
import {request, show, ApiError} from './api.js';
import {h, say, keep, note, number} from './dom.js';

export class Doubts {
  // `go(app, frame)`: shows it where it can be marked.
  constructor(go) {
    this.go = go;
    this.list = h('ul', {class: 'doubts'});
    this.fault = note('', true);
    this.element = h('div', {hidden: true}, h('h3', {}, '4. Correct'), h('p', {class: 'soft'}, 'Each frame was answered ' +
      'by models that had not seen it. Look at these first, correct the marks, and train again.'), this.fault, this.list);
  }

  close() {
    this.id = null;
    this.element.hidden = true;
    this.list.replaceChildren();
  }

  // Also after a change of the marks.
  async open(id, fps) {
    this.id = id;
    let answer;
    try {
      answer = await request(`recordings/${id}/doubts`);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      answer = {frames: [], fault: error.status === 404 ? '' : `They cannot be read: ${error.message}.`};
    }
    if (id !== this.id) return;
    this.fault.hidden = !answer.fault;
    say(this.fault, answer.fault || '');
    this.element.hidden = !answer.fault && !answer.frames.length;
    keep(this.list, answer.frames, (doubt) => doubt.frame, ({frame}) => this.make(answer.app, frame, fps),
      (item, doubt) => fill(item, doubt, answer.threshold));
    await this.pictures(id);
  }

  make(app, frame, fps) {
    const image = h('img', {alt: '', width: 160, height: 90});
    image.dataset.frame = frame;
    return h('li', {}, h('button', {type: 'button', onclick: () => this.go(app, frame)}, image,
      h('strong', {}, `Frame ${frame}, ${number(frame / fps, 1)} s`), h('span'), h('span', {class: 'soft small'})));
  }

  // One after another: they are to come beside the analysis.
  async pictures(id) {
    for (const image of this.list.querySelectorAll('img:not([src])')) {
      if (id !== this.id) return;
      await show(image, `recordings/${id}/frame.jpg?index=${image.dataset.frame}`).catch(() => {});
    }
  }
}

function fill(item, {score, marked, contradicts}, threshold) {
  const [state, figures] = item.querySelectorAll('span');
  state.className = contradicts ? 'chip warn' : 'chip';
  if (contradicts) say(state, marked ? 'marked, but not found' : 'found, but not marked');
  else say(state, marked ? 'marked' : 'not marked');
  say(figures, `score ${number(score, 2)}, threshold ${number(threshold, 2)}`);
}
