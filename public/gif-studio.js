import { chosenSource, clearChosen, takePictures } from './chosen-source.js'
import { fill, h, icon, useStyles } from './dom.js'
import { makeGifFilm } from './gif-film.js'
import { GifFrames } from './gif-frames.js'
import { makeGifMaker } from './gif-make.js'
import { makeGifPreview } from './gif-preview.js'
import { makeGifSettings } from './gif-settings.js'
import { makeGifStrip } from './gif-strip.js'
import './gif-studio-strings.js'
import { toast } from './toast.js'

/** Pictures, or a part of a film, become an animation that is seen before it is made. */
export async function openView({ t, hub }) {
  await useStyles('/new-job.css')
  await useStyles('/gif-studio.css')
  const frames = new GifFrames(() => show())
  const settings = makeGifSettings({ t, frames, onChange: () => show() })
  const strip = makeGifStrip({ t, frames })
  const preview = makeGifPreview({ t, frames, settings: settings.read })
  let film
  const maker = makeGifMaker({ t, hub, frames, toInput: () => ({ ...settings.toInput(), ...film?.toInput() }) })
  const choosing = () => {
    const input = h('input', { type: 'file', class: 'visually-hidden', multiple: true, accept: 'image/*,video/*,.heic,.avif', onChange: () => void take(input.files) })
    return input
  }
  const zone = h('label', { class: 'zone gif-zone' }, icon('gif'), h('strong', {}, t('gif.drop')), h('span', { class: 'soft small' }, t('gif.drop_hint')),
    h('span', { class: 'button', dataset: { kind: 'primary' } }, icon('plus'), t('gif.choose')), choosing())
  const stage = h('div')
  const stripCard = h('section', { class: 'card', 'aria-labelledby': 'gif-frames-title' },
    h('div', { class: 'card-head' }, h('h2', { id: 'gif-frames-title' }, t('gif.frames')), h('span', { class: 'soft small wide' }, t('gif.frames_hint')),
      h('div', { class: 'gif-head-end' }, h('label', { class: 'button gif-add' }, icon('plus'), t('gif.add'), choosing()))),
    h('div', { class: 'card-body' }, strip.element))
  const again = h('button', { type: 'button', class: 'button', dataset: { kind: 'quiet' }, onClick: () => frames.clear() }, icon('trash'), t('gif.clear'))
  const filmSettings = h('div')
  const aside = h('aside', { class: 'gif-aside', 'aria-label': t('gif.settings') }, filmSettings, settings.element)
  const main = h('div', { class: 'gif-main' }, stage, maker.element, maker.result, stripCard)
  const studio = h('div', { class: 'gif-columns' }, main, aside)
  const element = h('section', { class: 'page gif-page' },
    h('div', { class: 'gif-head' }, h('div', {}, h('h1', {}, t('gif.title')), h('p', { class: 'soft' }, t('gif.intro'))), again), zone, studio)
  addEventListener('drop', drop, true)
  addEventListener('paste', paste, true)
  show()
  const chosen = chosenSource()
  const offered = chosen?.file ? [chosen.file] : takePictures()
  if (chosen?.file) clearChosen()
  if (offered.length > 0) void take(offered)
  return {
    element, title: t('gif.title'),
    close() {
      removeEventListener('drop', drop, true)
      removeEventListener('paste', paste, true)
      preview.close()
      maker.close()
      frames.clear()
    },
  }

  async function take(files) {
    for (const name of await frames.add([...files])) toast(t('gif.not_taken', { name }), { tone: 'bad' })
  }

  function drop(event) {
    if (event.dataTransfer.files.length === 0) return
    event.preventDefault()
    void take(event.dataTransfer.files)
  }

  function paste(event) {
    if (event.clipboardData.files.length === 0) return
    event.preventDefault()
    event.stopImmediatePropagation()
    void take(event.clipboardData.files)
  }

  function show() {
    zone.hidden = !frames.isEmpty
    studio.hidden = frames.isEmpty
    again.hidden = frames.isEmpty
    stripCard.hidden = frames.film !== undefined
    if (!frames.film) film = undefined
    else if (film?.of !== frames.film) film = { of: frames.film, ...makeGifFilm({ t, film: frames.film, onChange: () => show() }) }
    const shown = film ? film.stage : preview.element
    if (stage.firstChild !== shown) fill(stage, shown)
    if (filmSettings.firstChild !== (film?.element ?? null)) fill(filmSettings, film?.element)
    filmSettings.hidden = !film
    settings.show()
    strip.show()
    preview.show()
    maker.show()
  }
}
