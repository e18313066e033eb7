// Frames to look at first after a training: where models that had not seen them contradict the marks, and
// where they are least certain. A click goes to the frame.
import {request, show, ApiError} from './api.js';
import {h, note, number} from './dom.js';

export class Doubts {
  // `go(app, frame)`: shows it where it can be marked.
  constructor(go) {
    this.go = go;
    this.list = h('ul', {class: 'doubts'});
    this.element = h('div', {hidden: true}, h('h3', {}, '4. Correct'), h('p', {class: 'soft'}, 'Each frame was answered ' +
      'by models that had not seen it. Look at these first, correct the marks, and train again.'), this.list);
  }

  close() {
    this.id = null;
    this.element.hidden = true;
  }

  async open(id, fps) {
    this.id = id;
    let content;
    try {
      const answer = await request(`recordings/${id}/doubts`);
      content = answer.frames.map((doubt) => this.item(answer, doubt, fps));
      if (!content.length) content = [note('No frame was answered.')];
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 404) return;
      content = [note(`They cannot be read: ${error.message}.`, true)];
    }
    if (id !== this.id) return;
    this.element.hidden = false;
    this.list.replaceChildren(...content);
    await this.pictures(id);
  }

  item({app, threshold}, {frame, score, marked, contradicts}, fps) {
    const image = h('img', {alt: '', width: 160, height: 120});
    image.dataset.path = `frame.jpg?index=${frame}`;
    const fault = marked ? 'marked, but not found' : 'found, but not marked';
    return h('li', {}, h('button', {type: 'button', onclick: () => this.go(app, frame)}, image,
      h('strong', {}, `Frame ${frame}, ${number(frame / fps, 1)} s`),
      h('span', {class: `chip ${contradicts ? 'warn' : ''}`}, contradicts ? fault : marked ? 'marked' : 'not marked'),
      h('span', {class: 'soft small'}, `score ${number(score, 2)}, threshold ${number(threshold, 2)}`)));
  }

  // One after another: they are to come beside the analysis.
  async pictures(id) {
    for (const image of this.list.querySelectorAll('img')) {
      if (id !== this.id) return;
      await show(image, `recordings/${id}/${image.dataset.path}`).catch(() => {});
    }
  }
}
