import { hasEnded } from './client/client/index.js'
import { makeCellCanvas } from './cell-canvas.js'
import { fill, h, icon, setText } from './dom.js'
import { soundOf } from './film-sound.js'
import * as format from './format.js'
import { makeFrameCache } from './frame-cache.js'

/** Frames that are fetched before they are needed. */
const AHEAD = 20
/** A tab that was asleep does not catch up. */
const MOST_STEP_SECONDS = 0.25

/** Plays a job's frames of cells as the game shows them, as they come and afterwards, with their sound if they have one. */
export function makeCellPlayer({ t, job: first }) {
  const canvas = h('canvas', { class: 'cells', role: 'img', width: 2, height: 3 })
  const { draw } = makeCellCanvas(canvas)
  const cache = makeFrameCache(first.id)
  const playButton = h('button', { type: 'button', class: 'button', dataset: { kind: 'primary' }, onClick: () => (isPlaying ? pause() : play()) })
  const slider = h('input', { type: 'range', class: 'slider', min: 1, max: 1, step: 1, value: 1, 'aria-label': t('page.frame'), onInput: () => seek(Number(slider.value)) })
  const place = h('span', { class: 'soft small numbers' })
  const soundButton = h('button', { type: 'button', class: 'button', hidden: true, 'aria-pressed': 'false', onClick: () => setSound(!isLoud) }, icon('sound'), t('page.sound'))
  const fullButton = h('button', { type: 'button', class: 'button', dataset: { kind: 'quiet' }, 'aria-label': t('page.full_screen'), title: t('page.full_screen'), onClick: () => canvas.requestFullscreen?.() }, icon('full'))
  const element = h('section', { class: 'card player', 'aria-labelledby': 'player-title' },
    h('div', { class: 'card-head' }, h('h2', { id: 'player-title' }, t('page.on_screen')), place),
    h('div', { class: 'player-screen' }, canvas),
    h('div', { class: 'player-bar' }, playButton, slider, soundButton, fullButton))
  let job = first
  let seconds = 0
  let shown = 0
  let isPlaying = false
  /** Whether sound is wanted, and what plays it once it is there. */
  let isLoud = false
  let audio
  let frame
  let tickedAt = 0
  let isClosed = false

  showButtons()
  show(first)
  if (!hasEnded(first.status) && !matchMedia('(prefers-reduced-motion: reduce)').matches) play()
  else void showFrame(1)
  return {
    element, show,
    close() {
      isClosed = true
      pause()
      cancelAnimationFrame(frame)
      if (audio) URL.revokeObjectURL(audio.src)
      cache.close()
    },
  }

  /** The job as it is now: more frames, its end. */
  function show(now) {
    job = now
    slider.max = String(Math.max(1, made()))
    soundButton.hidden = soundOf(job) === undefined
    showPlace()
  }

  function made() {
    return Number(job.result.current_frames ?? 0)
  }

  function rate() {
    return Number(job.result.fps) || 20
  }

  function play() {
    if (shown >= made() && hasEnded(job.status)) seek(1)
    isPlaying = true
    tickedAt = performance.now()
    if (isLoud) void startSound()
    showButtons()
    frame ??= requestAnimationFrame(tick)
  }

  function pause() {
    isPlaying = false
    audio?.pause()
    showButtons()
  }

  function seek(number) {
    seconds = (number - 1) / rate()
    if (audio) audio.currentTime = seconds
    void showFrame(number)
  }

  function tick(now) {
    frame = undefined
    if (!isPlaying || isClosed) return
    const isHeard = isLoud && audio && !audio.paused && !audio.ended
    // The browser's own time of a picture may be before the click that came while it was made.
    const step = Math.max(0, Math.min(MOST_STEP_SECONDS, (now - tickedAt) / 1000))
    tickedAt = now
    const next = isHeard ? audio.currentTime : seconds + step
    const wanted = Math.floor(next * rate() + 0.001) + 1
    const number = Math.min(wanted, made())
    if (number >= 1 && !cache.has(number)) hold(number)
    else {
      seconds = Math.min(next, made() / rate())
      if (number >= 1 && number !== shown) paint(number)
      if (audio && isLoud && audio.paused && !audio.ended && wanted <= made()) void startSound()
      // What is not made yet is waited for, and the sound waits too.
      if (wanted > made()) {
        audio?.pause()
        if (hasEnded(job.status)) return pause()
      }
      const ahead = Math.min(made(), number + AHEAD)
      if (!cache.has(ahead)) void cache.load(firstMissing(number))
    }
    frame = requestAnimationFrame(tick)
  }

  function hold(number) {
    audio?.pause()
    void cache.load(number)
  }

  function firstMissing(from) {
    let number = from
    while (cache.has(number)) number++
    return number
  }

  async function showFrame(number) {
    if (!cache.has(number)) await cache.load(number)
    // One pack is fetched at a time, and it may have been another one.
    if (!cache.has(number)) await cache.load(number)
    if (!isClosed && cache.has(number)) paint(number)
  }

  function paint(number) {
    draw(cache.get(number))
    shown = number
    slider.value = String(number)
    showPlace()
  }

  function showPlace() {
    const text = t('page.frame_of', { frame: format.number(shown), count: format.number(made()) })
    setText(place, `${text} · ${format.clock(seconds)}`)
    canvas.setAttribute('aria-label', text)
  }

  function showButtons() {
    fill(playButton, icon(isPlaying ? 'pause' : 'play'), t(isPlaying ? 'page.pause' : 'page.play'))
  }

  function setSound(on) {
    isLoud = on
    soundButton.setAttribute('aria-pressed', String(on))
    if (!on) audio?.pause()
    else if (isPlaying) void startSound()
  }

  async function startSound() {
    try {
      audio ??= await soundOf(job)?.load()
      if (!audio || !isPlaying || !isLoud || isClosed) return
      audio.currentTime = seconds
      await audio.play()
    } catch {
      setSound(false)
    }
  }
}
