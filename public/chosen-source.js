/**
 * What the next job shall read, chosen by drop, paste, dialog or link. Kept while the views change, so that a file
 * goes on being uploaded while a tool is chosen for it.
 */
let chosen
let offered = []
const listeners = new Set()

export function chosenSource() {
  return chosen
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

/** Sends the file at once. `ready` resolves with its source and rejects with why it could not be sent. */
export function chooseFile(hub, file) {
  clearChosen()
  const sending = new AbortController()
  const own = { kind: 'file', file, name: file.name || 'pasted.png', type: file.type, size: file.size, sent: 0, sending }
  own.ready = hub.upload(own.name, file, { signal: sending.signal, onProgress: (sent) => change(own, { sent }) }).then(
    ({ source }) => {
      change(own, { source })
      return source
    },
    (error) => {
      change(own, { failure: error })
      throw error
    })
  // Whoever submits hears of it.
  own.ready.catch(() => undefined)
  chosen = own
  tell()
}

export function chooseAddress(address) {
  if (chosen?.kind === 'address' && chosen.source === address) return
  clearChosen()
  chosen = { kind: 'address', source: address, ready: Promise.resolve(address) }
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
  if (chosen?.kind === 'file' && chosen.source === undefined) chosen.sending.abort()
  chosen = undefined
  tell()
}

function change(own, values) {
  Object.assign(own, values)
  if (chosen === own) tell()
}

function tell() {
  for (const listener of listeners) listener()
}
