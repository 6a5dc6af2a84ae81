import { makeChoice, makeColor, makeNumber, makeSelect, makeSwitch, makeText } from './gif-controls.js'
import { h, setText } from './dom.js'

/** How the animation is to be. `read()` gives what the preview shows, `toInput()` what the tool wants. */
export function makeGifSettings({ t, frames, onChange }) {
  const choices = (prefix, names) => names.map((name) => [name, t(`${prefix}_${name}`)])
  const delay = makeNumber(t('gif.delay'), { id: 'gif-delay', value: 500, min: 20, max: 60_000, step: 10, onChange })
  const ownDelay = makeNumber(t('gif.own_delay'), { id: 'gif-own-delay', min: 20, max: 60_000, step: 10, placeholder: t('gif.as_all'), onChange: changeOwn })
  const loop = makeSelect(t('gif.loop'), { id: 'gif-loop', choices: choices('gif.loop', ['0', '1', '3', '10']), value: '0', onChange })
  const pingPong = makeSwitch(t('gif.ping_pong'), { id: 'gif-ping-pong', onChange })
  const format = makeChoice(t('gif.format'), { name: 'gif-format', choices: [['gif', 'GIF'], ['webp', 'WebP'], ['apng', 'APNG']], value: 'gif', onChange: changeFormat })
  const side = { min: 16, max: 4096, placeholder: t('gif.auto'), onChange }
  const width = makeNumber(t('gif.width'), { id: 'gif-width', ...side })
  const height = makeNumber(t('gif.height'), { id: 'gif-height', ...side })
  const fit = makeChoice(t('gif.fit'), { name: 'gif-fit', choices: choices('gif.fit', ['contain', 'cover', 'stretch']), value: 'contain', onChange })
  const background = makeColor(t('gif.background'), { id: 'gif-background', value: '#000000', onChange })
  const caption = makeText(t('gif.caption_text'), { id: 'gif-caption', onChange })
  const ownCaption = makeText(t('gif.caption_own'), { id: 'gif-own-caption', onChange: changeOwn })
  const captionPosition = makeChoice(t('gif.caption_position'), { name: 'gif-caption-position', choices: choices('gif.caption', ['top', 'middle', 'bottom']), value: 'bottom', onChange })
  const captionColor = makeColor(t('gif.caption_color'), { id: 'gif-caption-color', value: '#ffffff', onChange })
  const target = makeNumber(t('gif.target'), { id: 'gif-target', min: 1, max: 1_000_000, placeholder: t('gif.auto'), onChange })
  const quality = makeChoice(t('gif.quality'), { name: 'gif-quality', choices: choices('gif.quality', ['high', 'medium', 'low']), value: 'high', onChange })
  const colors = makeNumber(t('gif.colors'), { id: 'gif-colors', value: 256, min: 2, max: 256, onChange })
  const dither = makeSelect(t('gif.dither'), { id: 'gif-dither', choices: choices('gif.dither', ['auto', 'sierra', 'bayer', 'none']), value: 'auto', onChange })
  const selectedTitle = h('h3')
  const selected = h('div', { class: 'gif-own', role: 'group' }, selectedTitle, ownDelay.element, ownCaption.element)
  const ofPictures = [delay.element, selected]
  const ofGif = h('div', { class: 'pair' }, colors.element, dither.element)
  const group = (title, ...content) => h('section', { class: 'gif-group' }, h('h2', {}, title), content)
  const element = h('div', { class: 'card gif-settings' },
    group(t('gif.timing'), delay.element, h('div', { class: 'pair' }, loop.element, pingPong.element), selected),
    group(t('gif.picture'), h('div', { class: 'pair' }, width.element, height.element), fit.element, background.element),
    group(t('gif.caption'), caption.element, captionPosition.element, captionColor.element),
    group(t('gif.size'), format.element, quality.element, target.element, ofGif))
  return { element, read, toInput, show }

  function read() {
    return {
      delay_ms: delay.read() ?? 500, ping_pong: pingPong.read(), width: width.read(), height: height.read(), fit: fit.read(), background: background.read(),
      caption: caption.read(), caption_position: captionPosition.read(), caption_color: captionColor.read(),
    }
  }

  /** Without the sources; fields that are as usual are left out. */
  function toInput() {
    const { caption: common, ...wanted } = read()
    const { pictures } = frames
    const delays = pictures.map((picture) => picture.delay ?? wanted.delay_ms)
    const captions = pictures.map((picture) => picture.caption || common)
    const all = {
      ...wanted, format: format.read(), loop: Number(loop.read()), quality: quality.read(), target_kb: target.read(), colors: colors.read(), dither: dither.read(),
      ...(pictures.some((picture) => picture.delay !== undefined) && { delays_ms: delays }),
      ...(captions.some((text) => text !== '') ? { captions } : common !== '' && { captions: [common] }),
    }
    const isUsual = ([name, value]) => value === undefined || USUAL[name] === value || (frames.film && name === 'delay_ms')
    return Object.fromEntries(Object.entries(all).filter((entry) => !isUsual(entry)))
  }

  function show() {
    const place = frames.placeOf(frames.selected)
    const picture = frames.pictures[place]
    for (const part of ofPictures) part.hidden = frames.film !== undefined
    selected.hidden = picture === undefined
    if (!picture) return
    setText(selectedTitle, t('gif.selected', { place: place + 1 }))
    selected.setAttribute('aria-label', selectedTitle.textContent)
    ownDelay.write(picture.delay)
    ownCaption.write(picture.caption)
  }

  function changeOwn() {
    if (frames.selected !== undefined) frames.change(frames.selected, { delay: ownDelay.read(), caption: ownCaption.read() })
  }

  function changeFormat() {
    ofGif.hidden = format.read() !== 'gif'
    onChange()
  }
}

const USUAL = {
  ping_pong: false, fit: 'contain', background: '#000000', caption_position: 'bottom', caption_color: '#ffffff', format: 'gif', loop: 0, quality: 'high', colors: 256, dither: 'auto',
}
