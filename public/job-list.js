import { h } from './dom.js'

/** The jobs of the hub. */
export function openView({ t }) {
  const element = h('section', { class: 'page' }, h('h1', {}, t('app.jobs')))
  return { element, title: t('app.jobs'), close() {} }
}
