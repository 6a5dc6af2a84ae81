/** Those there are, by their own names. */
export const LANGUAGES = { en: 'English', zh: '中文' }

const KEPT = 'reeltime.language'
const strings = new Map()

/** The language that is spoken: the one chosen before, else the browser's, else English. */
export const language = choose()

/** Loads the page's own strings; before that `t` answers with keys. */
export async function loadLanguage() {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : language
  const { default: own } = await import(language === 'zh' ? './strings-zh.js' : './strings-en.js')
  for (const [key, text] of Object.entries(own)) strings.set(key, text)
}

/** Adds a view's strings: `{ en: { key: text }, zh: { … } }`. */
export function registerStrings(byLanguage) {
  for (const [key, text] of Object.entries({ ...byLanguage.en, ...byLanguage[language] })) strings.set(key, text)
}

/** The text of a key, with each `{name}` filled in; the key itself where nothing is said for it. */
export function t(key, values = {}) {
  const text = strings.get(key) ?? key
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole))
}

export function hasString(key) {
  return strings.has(key)
}

/** Views are made in one language, so the page is loaded again. */
export function changeLanguage(to) {
  localStorage.setItem(KEPT, to)
  location.reload()
}

function choose() {
  const kept = localStorage.getItem(KEPT)
  if (kept !== null && kept in LANGUAGES) return kept
  const wanted = navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase())
  return wanted.find((tag) => tag in LANGUAGES) ?? 'en'
}
