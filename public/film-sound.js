const RATE = 48_000
const MOST_BYTES = 48 * 1024 * 1024

/** The sound that a job made beside its frames, as something a browser plays; undefined where there is none, or far too much. */
export function soundOf({ artifacts }) {
  const artifact = artifacts.find(({ name, size }) => name === 'audio.pcm' && size > 0 && size <= MOST_BYTES)
  return artifact && { load: () => load(artifact.url) }
}

/** The artifact is unsigned bytes of one channel: a WAV file is that with a head. */
async function load(url) {
  const response = await fetch(url)
  if (!response.ok) throw new Error('the sound is not there')
  const samples = await response.arrayBuffer()
  const audio = new Audio(URL.createObjectURL(new Blob([wavHead(samples.byteLength), samples], { type: 'audio/wav' })))
  audio.preload = 'auto'
  return audio
}

function wavHead(size) {
  const view = new DataView(new ArrayBuffer(44))
  const text = (at, word) => [...word].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)))
  text(0, 'RIFF')
  view.setUint32(4, 36 + size, true)
  text(8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  // PCM, one channel, at that rate, one byte a sample.
  view.setUint16(20, 1, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, RATE, true)
  view.setUint32(28, RATE, true)
  view.setUint16(32, 1, true)
  view.setUint16(34, 8, true)
  text(36, 'data')
  view.setUint32(40, size, true)
  return view.buffer
}
