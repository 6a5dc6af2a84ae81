import { sendFile } from './kept-uploads.js'

/**
 * What the next job shall read, chosen by drop, paste, dialog or link. Kept while the views change, so that a file
 * goes on being uploaded while a tool is chosen for it, and after its job was submitted.
 */
let chosen
let offered = []
const listeners = new Set()
/** Files that are on their way. */
const sending = new Set()
/** An upload waits so long for a hub that is away. */
const PATIENCE_MS = 15 * 60_000

/** Less of an address is one that is still being typed. */
const WHOLE_SOURCE = /^(https?:\/\/[^/]+\/.|upload:[\w-]+$|job:[\w-]+\/.)/i

addEventListener('beforeunload', (event) => {
  if (sending.size > 0) event.preventDefault()
})

export function chosenSource() {
  return chosen
}

export function isWholeSource(text) {
  return WHOLE_SOURCE.test(text)
}

/** What it is, by its type or its name: `video`, `audio` or `image`; video where nothing tells. */
export function chosenKind() {
  return kindOf({ type: chosen?.type, name: chosen?.name ?? chosen?.source })
}

export function kindOf({ type = '', name = '' }) {
  const [kind] = type.split('/')
  if (kind === 'video' || kind === 'audio' || kind === 'image') return kind
  return kindOfName(name.replace(/[?#].*/, ''))
}

function kindOfName(name) {
  if (/\.(mp3|m4a|aac|ogg|oga|opus|flac|wav|aiff?)$/i.test(name)) return 'audio'
  return /\.(png|jpe?g|webp|gif|bmp|avif|heic|tiff?)$/i.test(name) ? 'image' : 'video'
}

/** Hears of each change; returns what stops it. */
export function onChosenSource(listener) {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/**
 * Sends the file at once. `ready` resolves with its source as soon as a job can name it, `whole` when all of it has been
 * sent; both reject with why it could not be sent.
 */
export function chooseFile(hub, file) {
  clearChosen()
  const own = { kind: 'file', file, name: file.name || 'pasted.png', type: file.type, size: file.size, sent: 0, isWhole: false, stop: new AbortController() }
  const started = new Promise((resolve) => {
    const onStarted = ({ source, received }) => {
      change(own, { source, goesOn: received > 0 })
      resolve(source)
    }
    own.whole = sendFile(hub, own.name, file, { signal: own.stop.signal, patienceMs: PATIENCE_MS, onStarted, onProgress: (sent) => change(own, { sent }) })
      .then(({ source }) => {
        change(own, { source, isWhole: true })
        return source
      }, (error) => {
        change(own, { failure: error })
        throw error
      })
      .finally(() => sending.delete(own))
  })
  own.ready = Promise.race([started, own.whole])
  // Whoever submits hears of it.
  for (const promise of [own.ready, own.whole]) promise.catch(() => undefined)
  sending.add(own)
  chosen = own
  tell()
}

export function chooseAddress(address) {
  if (chosen?.kind === 'address' && chosen.source === address) return
  clearChosen()
  chosen = { kind: 'address', source: address, isWhole: true, ready: Promise.resolve(address), whole: Promise.resolve(address) }
  tell()
}

/** A job reads it: it is sent to its end. */
export function handOverChosen() {
  chosen = undefined
  tell()
}

/** Several pictures at once, for the GIF studio to take. */
export function offerPictures(files) {
  offered = files
}

/** What was offered, once. */
export function takePictures() {
  const files = offered
  offered = []
  return files
}

export function clearChosen() {
  if (chosen?.kind === 'file' && !chosen.isWhole) chosen.stop.abort()
  handOverChosen()
}

function change(own, values) {
  Object.assign(own, values)
  if (chosen === own) tell()
}

function tell() {
  for (const listener of listeners) listener()
}
