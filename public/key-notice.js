import { h, icon } from './dom.js'

/** Says that this hub wants a key for what was asked, and takes one. */
export function makeKeyNotice({ t, problem, useKey }) {
  const input = h('input', { class: 'input mono', type: 'password', name: 'key', autocomplete: 'off', placeholder: 'rt_…', 'aria-label': t('key.label') })
  const onSubmit = (event) => {
    event.preventDefault()
    if (input.value.trim() !== '') useKey(input.value.trim())
  }
  return h('div', { class: 'notice key-notice' }, icon('warning'),
    h('div', {}, h('strong', {}, t(problem.status === 403 ? 'key.weak' : 'key.needed')), h('span', { class: 'soft small' }, t('key.text'))),
    h('form', { onSubmit }, input, h('button', { class: 'button' }, t('key.use'))))
}
