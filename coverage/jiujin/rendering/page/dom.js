/* Elements out of plain text: nothing here, or anywhere in the page, ever takes a string for markup. */
(function (JJ) {
  'use strict';

  /** An element with attributes (a function is a listener, `text` its text) and children. */
  function element(tag, attributes, children) {
    const made = document.createElement(tag);
    Object.keys(attributes || {}).forEach(function (name) {
      const value = attributes[name];
      if (value === null || value === undefined || value === false) return;
      if (name === 'text') made.textContent = value;
      else if (typeof value === 'function') made.addEventListener(name, value);
      else made.setAttribute(name, value === true ? '' : value);
    });
    (children || []).forEach(function (child) { if (child) made.append(child); });
    return made;
  }

  /** Put these children in place of what an element holds. */
  function fill(parent, children) {
    parent.textContent = '';
    children.forEach(function (child) { if (child) parent.append(child); });
    return parent;
  }

  function button(text, attributes, listener) {
    return element('button', Object.assign({ type: 'button', text: text, click: listener }, attributes));
  }

  function byId(id) { return document.getElementById(id); }

  /** Hand a file to the reader; nothing leaves the machine. */
  function save(name, text, type) {
    const link = element('a', { href: URL.createObjectURL(new Blob([text], { type: type })), download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 1000);
  }

  /** Say something short to everybody, also to who cannot see the screen. */
  function tell(text) {
    const box = byId('told');
    box.textContent = text;
    box.classList.add('shown');
    clearTimeout(tell.timer);
    tell.timer = setTimeout(function () { box.classList.remove('shown'); }, 4500);
  }

  JJ.element = element;
  JJ.fill = fill;
  JJ.button = button;
  JJ.byId = byId;
  JJ.save = save;
  JJ.tell = tell;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
