/**
 * Uploads that this browser has begun, so that they go on after a reload or in another tab: on choosing the same file
 * again, known by its name, its size and when it was changed last.
 */
const KEPT = 'reeltime.uploads'
const MOST_KEPT = 20
/** Progress is noted so often, and a tab that notes none for so long is gone. */
const NOTE_MS = 5000
const GONE_MS = 30_000

/** Those of this tab that are under way. */
const own = new Set()

// Nothing is said by a tab that is closed, but it can leave a note.
addEventListener('pagehide', () => change((kept) => kept.map((one) => (own.has(one.id) ? { ...one, noted_at: 0 } : one))))

/** Those that broke off, newest first: `{ id, name, size, modified, expires_at }`. */
export function brokenUploads() {
  return read().filter((one) => !own.has(one.id) && one.noted_at + GONE_MS < Date.now())
}

export function isSameFile({ name, size, modified }, file) {
  return name === file.name && size === file.size && modified === file.lastModified
}

export function forgetUpload(id) {
  change((kept) => kept.filter((one) => one.id !== id))
}

/** Sends a file as `hub.upload` does, and goes on with what an earlier visit has begun with it. */
export async function sendFile(hub, name, file, { onStarted, onProgress, ...options } = {}) {
  const begun = brokenUploads().find((one) => isSameFile(one, file))
  let id = begun?.id
  let notedAt = 0
  let keptMs = 0
  if (id !== undefined) own.add(id)
  const note = () => {
    notedAt = Date.now()
    const entry = { id, name: file.name, size: file.size, modified: file.lastModified, noted_at: notedAt, expires_at: notedAt + keptMs }
    change((kept) => [entry, ...kept.filter((one) => one.id !== id)].slice(0, MOST_KEPT))
  }
  try {
    return await hub.upload(name, file, {
      ...options, ...(id !== undefined && { resume: id }),
      onStarted(started) {
        if (id !== undefined && id !== started.id) drop(id)
        id = started.id
        own.add(id)
        // Each byte that comes moves it on by as much.
        keptMs = started.expires_at - Date.now()
        note()
        onStarted?.(started)
      },
      onProgress(sent) {
        if (keptMs > 0 && Date.now() - notedAt > NOTE_MS) note()
        onProgress?.(sent)
      },
    })
  } finally {
    // It is whole, or was given up: only a tab that is closed leaves one behind.
    if (id !== undefined) drop(id)
  }
}

function drop(id) {
  own.delete(id)
  forgetUpload(id)
}

function read() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? '[]')
    return Array.isArray(kept) ? kept.filter((one) => typeof one?.id === 'string' && one.expires_at > Date.now()) : []
  } catch {
    return []
  }
}

function change(how) {
  try {
    const kept = how(read())
    if (kept.length > 0) localStorage.setItem(KEPT, JSON.stringify(kept))
    else localStorage.removeItem(KEPT)
  } catch {
    // Where a browser keeps nothing, uploads just begin anew.
  }
}
