import { h } from './dom.js'

/** A labelled number. `read()` gives it, or undefined where it is empty or none. */
export function makeNumber(label, { id, value, min, max, step = 1, placeholder, onChange }) {
  const control = h('input', { class: 'input numbers', type: 'number', inputmode: 'decimal', id, min, max, step, value, placeholder, onInput: onChange })
  return {
    element: h('div', { class: 'field' }, h('label', { for: id }, label), control),
    read() {
      const number = Number(control.value)
      return control.value === '' || !Number.isFinite(number) || number < min || number > max ? undefined : number
    },
    write(number) {
      if (document.activeElement !== control) control.value = number ?? ''
    },
    control,
  }
}

/** One of a few, side by side. */
export function makeChoice(label, { name, choices, value, onChange }) {
  const inputs = choices.map(([choice, text]) => {
    const control = h('input', { type: 'radio', name, value: choice, checked: choice === value, onChange })
    return { control, element: h('label', { class: 'segment' }, control, h('span', {}, text)) }
  })
  return {
    element: h('fieldset', { class: 'field segments' }, h('legend', {}, label), h('div', { class: 'segment-row' }, inputs.map(({ element }) => element))),
    read: () => inputs.find(({ control }) => control.checked).control.value,
  }
}

export function makeSelect(label, { id, choices, value, onChange }) {
  const control = h('select', { class: 'input', id, onChange }, choices.map(([choice, text]) => h('option', { value: choice, selected: choice === value }, text)))
  return { element: h('div', { class: 'field' }, h('label', { for: id }, label), control), read: () => control.value }
}

export function makeColor(label, { id, value, onChange }) {
  const control = h('input', { class: 'input color', type: 'color', id, value, onInput: onChange })
  return { element: h('div', { class: 'field' }, h('label', { for: id }, label), control), read: () => control.value }
}

export function makeSwitch(label, { id, onChange }) {
  const control = h('input', { type: 'checkbox', id, class: 'switch', role: 'switch', onChange })
  return { element: h('div', { class: 'check' }, control, h('label', { for: id }, label)), read: () => control.checked }
}

export function makeText(label, { id, onChange, most = 200 }) {
  const control = h('input', { class: 'input', type: 'text', id, maxlength: most, onInput: onChange })
  return {
    element: h('div', { class: 'field' }, h('label', { for: id }, label), control),
    read: () => control.value.trim(),
    write(text) {
      if (document.activeElement !== control) control.value = text
    },
  }
}
