import { h } from './dom.js'

const MOST_DECODED = 24 * 1024 * 1024
const BARS = 220

/** The sound with a picture of how loud it is. */
export function showSound(artifact, t) {
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
