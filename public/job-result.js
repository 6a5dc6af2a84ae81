import { h, icon } from './dom.js'
import * as format from './format.js'
import { showSound } from './sound-wave.js'

const MOST_TEXT = 64 * 1024
/** Pictures beyond that are a gallery, and files a list to be opened. */
const MOST_LARGE = 2
const MOST_LISTED = 12
const MOST_GALLERY = 400
const TEXTS = /^(text\/|application\/(json|x-ndjson|x-subrip|x-lua))/
export const PLAYLIST = 'application/vnd.apple.mpegurl'
/** Parts of a stream, which its playlist names. */
const SEGMENT = /\.(ts|m4s)$|init.*\.mp4$/i
/** Sound for ComputerCraft, which tools make beside what was asked for. */
const BESIDE = /^audio(_left|_right)?\.(dfpwm|pcm)$/

/** The playlist by which a browser plays all of a stream; undefined where there is none. While it is made, those of its renditions come first. */
export function mainPlaylist({ artifacts, status }) {
  const playlists = artifacts.filter(({ content_type: type }) => type === PLAYLIST)
  return playlists.find(({ name }) => name === 'master.m3u8') ?? (status === 'completed' ? playlists[0] : undefined)
}

/**
 * What a job has made, each file as what it is, with its size, its download and the way to use it once more. A stream
 * is played elsewhere: of it there are only its files.
 */
export function showArtifacts({ job, t }) {
  const [pictures, others] = split(job.artifacts, ({ content_type: type }) => type.startsWith('image/'))
  const isGallery = pictures.length > MOST_LARGE
  const playlist = mainPlaylist(job)
  const listed = isGallery ? others : job.artifacts
  const isAlone = listed.every(({ name }) => BESIDE.test(name))
  const [segments, plain] = split(listed, (artifact) => (playlist && isOfStream(artifact)) || (!isAlone && BESIDE.test(artifact.name)))
  const [first, more] = [plain.filter((artifact, index) => index < MOST_LISTED), [...plain.slice(MOST_LISTED), ...segments]]
  const hasPoster = first.find(({ content_type: type }) => type.startsWith('video/'))
  return h('div', { class: 'results' },
    isGallery && gallery(pictures, { job, t }),
    first.length > 0 && h('ul', { class: 'artifacts', role: 'list' }, first.map((artifact) => h('li', { class: 'artifact' },
      showOne(artifact, { job, t, hasPoster: artifact === hasPoster }), foot(artifact, { job, t })))),
    more.length > 0 && h('details', { class: 'more-files' }, h('summary', {}, t('page.more_files', { count: format.number(more.length) })),
      h('ul', { class: 'artifacts is-plain', role: 'list' }, more.map((artifact) => h('li', { class: 'artifact' }, foot(artifact, { job, t }))))))
}

function isOfStream({ name, content_type: type }) {
  return type === PLAYLIST || SEGMENT.test(name)
}

function foot(artifact, { job, t }) {
  return h('div', { class: 'artifact-foot' },
    h('span', { class: 'tile' }, icon(pictureOf(artifact.content_type))),
    h('div', { class: 'artifact-name' }, h('strong', {}, artifact.name), h('span', { class: 'soft small numbers' }, format.bytes(artifact.size))),
    h('a', { class: 'button', href: addressToUse(job, artifact), 'aria-label': `${t('page.use')}: ${artifact.name}` }, icon('arrow'), t('page.use')),
    h('a', { class: 'button', dataset: { kind: 'primary' }, href: artifact.url, download: artifact.name, 'aria-label': `${t('page.download')}: ${artifact.name}` }, icon('download'), t('page.download')))
}

function addressToUse(job, { name }) {
  return `#/new?source=${encodeURIComponent(`job:${job.id}/${name}`)}`
}

/** Many pictures, each a download and an input of the next job. */
function gallery(pictures, { job, t }) {
  return h('ul', { class: 'gallery', role: 'list' }, pictures.slice(0, MOST_GALLERY).map((artifact) => h('li', {},
    h('a', { class: 'gallery-picture', href: artifact.url, target: '_blank', rel: 'noopener', 'aria-label': `${artifact.name}, ${format.bytes(artifact.size)}` },
      h('img', { src: artifact.url, alt: '', loading: 'lazy', decoding: 'async' })),
    h('span', { class: 'gallery-name small' }, artifact.name),
    h('a', { class: 'button', dataset: { kind: 'quiet' }, href: addressToUse(job, artifact), 'aria-label': `${t('page.use')}: ${artifact.name}`, title: t('page.use') }, icon('arrow')),
    h('a', { class: 'button', dataset: { kind: 'quiet' }, href: artifact.url, download: artifact.name, 'aria-label': `${t('page.download')}: ${artifact.name}`, title: t('page.download') }, icon('download')))))
}

function showOne(artifact, { job, t, hasPoster }) {
  const { content_type: type, url, name } = artifact
  if (type.startsWith('image/')) return h('img', { class: 'shown', src: url, alt: name })
  if (type.startsWith('video/')) return showVideo(artifact, { job, t, hasPoster })
  if (type.startsWith('audio/')) return showSound(artifact, t)
  return TEXTS.test(type) ? showText(artifact) : undefined
}

/** Not every browser plays every kind: then there is its picture, and a word on it. */
function showVideo({ url, name }, { job, t, hasPoster }) {
  const poster = hasPoster ? `/api/jobs/${encodeURIComponent(job.id)}/snapshot.jpg?w=960` : undefined
  const video = h('video', { class: 'shown', src: url, controls: true, preload: 'metadata', playsinline: true, poster, 'aria-label': name, onError: () => {
    video.replaceWith(h('div', { class: 'unplayed' }, poster && h('img', { class: 'shown', src: poster, alt: name, onError: (event) => event.target.remove() }),
      h('p', { class: 'soft small' }, t('page.unplayed'))))
  } })
  return video
}

function showText({ url, name }) {
  const pane = h('pre', { class: 'shown pane text', tabindex: 0, 'aria-label': name })
  void fetch(url, { headers: { range: `bytes=0-${MOST_TEXT - 1}` } })
    .then((response) => (response.ok ? response.text() : '')).then((text) => { pane.textContent = text }, () => pane.remove())
  return pane
}

function pictureOf(type) {
  if (type.startsWith('image/')) return 'image'
  if (type.startsWith('audio/')) return 'sound'
  if (type.startsWith('video/') || type === PLAYLIST) return 'film'
  return TEXTS.test(type) ? 'text' : 'file'
}

function split(items, isFirst) {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))]
}
