import { h, icon } from './dom.js'
import * as format from './format.js'

const MOST_TEXT = 64 * 1024
const MOST_DECODED = 24 * 1024 * 1024
const MOST_SHOWN = 24
const TEXTS = /^(text\/|application\/(json|x-subrip|x-lua))/
const BARS = 220

/** What a job has made, each file as what it is, with its size, its download and the way to use it once more. */
export function showArtifacts({ job, t }) {
  return h('ul', { class: 'artifacts', role: 'list' }, job.artifacts.map((artifact, index) => h('li', { class: 'artifact' },
    index < MOST_SHOWN && showOne(artifact, t),
    h('div', { class: 'artifact-foot' },
      h('div', { class: 'artifact-name' }, h('strong', {}, artifact.name), h('span', { class: 'soft small numbers' }, format.bytes(artifact.size))),
      h('a', { class: 'button', href: `#/new?source=${encodeURIComponent(`job:${job.id}/${artifact.name}`)}`, 'aria-label': `${t('page.use')}: ${artifact.name}` }, icon('arrow'), t('page.use')),
      h('a', { class: 'button', dataset: { kind: 'primary' }, href: artifact.url, download: artifact.name, 'aria-label': `${t('page.download')}: ${artifact.name}` }, icon('download'), t('page.download'))))))
}

function showOne(artifact, t) {
  const { content_type: type, url, name } = artifact
  if (type.startsWith('image/')) return h('img', { class: 'shown', src: url, alt: name })
  if (type.startsWith('video/')) return h('video', { class: 'shown', src: url, controls: true, preload: 'metadata', playsinline: true, 'aria-label': name })
  if (type.startsWith('audio/')) return showSound(artifact, t)
  if (TEXTS.test(type)) return showText(artifact)
  return undefined
}

function showText({ url, name }) {
  const pane = h('pre', { class: 'shown pane text', tabindex: 0, 'aria-label': name })
  void fetch(url, { headers: { range: `bytes=0-${MOST_TEXT - 1}` } })
    .then((response) => (response.ok ? response.text() : '')).then((text) => { pane.textContent = text }, () => pane.remove())
  return pane
}

function showSound(artifact, t) {
  const player = h('audio', { src: artifact.url, controls: true, preload: 'metadata', 'aria-label': artifact.name })
  const wave = h('canvas', { class: 'wave', width: BARS * 4, height: 96, role: 'img', 'aria-label': t('page.waveform'), hidden: true })
  if (artifact.size <= MOST_DECODED) void drawWave(artifact, wave).catch(() => undefined)
  return h('div', { class: 'shown sound' }, wave, player)
}

/** The browser's own decoder reads it; what that cannot read has no picture. */
async function drawWave({ url }, canvas) {
  const bytes = await (await fetch(url)).arrayBuffer()
  const sound = await new OfflineAudioContext(1, 1, 22_050).decodeAudioData(bytes)
  const samples = sound.getChannelData(0)
  const each = Math.max(1, Math.floor(samples.length / BARS))
  const peaks = Array.from({ length: BARS }, (_, bar) => peakOf(samples, bar * each, each))
  const most = Math.max(...peaks, 0.01)
  canvas.hidden = false
  const draw = () => {
    const context = canvas.getContext('2d')
    context.clearRect(0, 0, canvas.width, canvas.height)
    context.fillStyle = getComputedStyle(canvas).color
    peaks.forEach((peak, bar) => {
      const height = Math.max(2, (peak / most) * canvas.height)
      context.fillRect(bar * 4, (canvas.height - height) / 2, 3, height)
    })
  }
  requestAnimationFrame(draw)
  addEventListener('themechange', () => canvas.isConnected && draw())
}

function peakOf(samples, from, count) {
  let peak = 0
  for (let at = from; at < Math.min(samples.length, from + count); at += 4) peak = Math.max(peak, Math.abs(samples[at]))
  return peak
}
