import { fill, h, icon } from './dom.js'
import { changeLanguage, language, LANGUAGES, t } from './language.js'

const THEME = 'reeltime.theme'
const SHORT = { en: 'EN', zh: '中' }

/** The bar at the top: where one is, how the connection is, theme and language. */
export function makeHeader() {
  const links = { '': link('#/', 'app.jobs'), gif: link('#/gif', 'app.gif') }
  links.gif.hidden = true
  const connection = makeConnection()
  const element = h('header', { class: 'top' },
    h('a', { class: 'skip', href: '#main', onClick: skip }, t('app.skip')),
    h('a', { class: 'brand', href: '#/', 'aria-label': 'reeltime' }, h('img', { src: '/favicon.svg', alt: '', width: 26, height: 26 }), h('span', {}, 'reeltime')),
    h('nav', { 'aria-label': t('app.nav') }, links[''], links.gif),
    h('div', { class: 'top-end' },
      connection.element, languageSwitch(), themeSwitch(),
      h('a', { class: 'button', href: '#/new', dataset: { kind: 'primary' }, 'aria-label': t('app.new') }, icon('plus'), h('span', { class: 'wide' }, t('app.new'))),
    ))
  return {
    element,
    showConnection: connection.show,
    /** Marks the view that is open. */
    showView(name) {
      for (const [view, anchor] of Object.entries(links)) {
        if (view === name) anchor.setAttribute('aria-current', 'page')
        else anchor.removeAttribute('aria-current')
      }
    },
    showGifStudio() {
      links.gif.hidden = false
    },
  }
}

function link(href, key) {
  return h('a', { href }, t(key))
}

function skip(event) {
  event.preventDefault()
  document.querySelector('main')?.focus()
}

function makeConnection() {
  const text = h('span', { class: 'wide' })
  const element = h('div', { class: 'connection', role: 'status' }, h('span', { class: 'dot' }), text)
  const show = ({ state, transport }) => {
    element.dataset.state = state
    text.textContent = t(`connection.${state}`)
    element.title = state === 'live' ? t(`connection.by.${transport}`) : t(`connection.${state}`)
    element.setAttribute('aria-label', element.title)
  }
  show({ state: 'connecting' })
  return { element, show }
}

function languageSwitch() {
  const other = Object.keys(LANGUAGES).find((code) => code !== language) ?? 'en'
  return h('button', {
    type: 'button', class: 'button', dataset: { kind: 'quiet' }, lang: other, 'aria-label': `${SHORT[other]}, ${t('app.language')}: ${LANGUAGES[other]}`, onClick: () => changeLanguage(other),
  }, SHORT[other])
}

function themeSwitch() {
  const isDark = () => (document.documentElement.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark'
  const button = h('button', { type: 'button', class: 'button', dataset: { kind: 'quiet' }, onClick: toggle })
  show()
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', show)
  return button

  function toggle() {
    const theme = isDark() ? 'light' : 'dark'
    document.documentElement.dataset.theme = theme
    localStorage.setItem(THEME, theme)
    show()
    dispatchEvent(new Event('themechange'))
  }

  function show() {
    fill(button, icon(isDark() ? 'sun' : 'moon'))
    button.setAttribute('aria-label', t(isDark() ? 'app.theme_light' : 'app.theme_dark'))
    button.title = button.getAttribute('aria-label')
  }
}
