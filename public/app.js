import { fill, h, icon } from './dom.js'
import { installDrop } from './drop.js'
import { makeHeader } from './header.js'
import { JobStore } from './job-store.js'
import { knownTools } from './known-tools.js'
import { loadLanguage, t } from './language.js'
import { loadView, navigate, parseAddress } from './router.js'
import { keepKey, openHub } from './session.js'

await loadLanguage()

let hub = openHub()
let jobs
let open = { close() {} }
let opening = 0
/** The open view could not be loaded, and the hub has been away since it was last heard of. */
let hasFailed = false
let wasLost = false

const header = makeHeader()
const main = h('main', { id: 'main', tabindex: -1 })
document.body.replaceChildren(header.element, main)
addEventListener('hashchange', () => show())
installDrop({ navigate, t, get hub() { return hub } })
void offerGifStudio()
followJobs()
await show()

/** Opens the view that the address names, in place of the one that is open. */
async function show() {
  const turn = ++opening
  const { name, params } = parseAddress(location.hash)
  try {
    const { openView } = await loadView(name)
    const view = await openView({ hub, jobs, navigate, t, params, useKey })
    if (turn !== opening) return view.close()
    open.close()
    open = view
    hasFailed = false
    fill(main, open.element)
    document.title = open.title ? `${open.title} · reeltime` : 'reeltime'
  } catch (error) {
    if (turn !== opening) return
    console.warn(error)
    open.close()
    open = { close() {} }
    hasFailed = true
    fill(main, failed())
  }
  header.showView(name)
  scrollTo(0, 0)
  if (turn > 1) main.focus({ preventScroll: true })
}

/** Goes on with another key, or with none. */
function useKey(key) {
  keepKey(key)
  hub = openHub()
  followJobs()
  return show()
}

/** One feed serves all views, and tells how the connection is. */
function followJobs() {
  jobs?.close()
  jobs = new JobStore({ hub, onConnection })
}

/** A browser does not ask again for a module that has once failed to come: only the whole page anew helps. */
function onConnection(connection) {
  header.showConnection(connection)
  if (connection.state === 'live' && hasFailed && wasLost) location.reload()
  wasLost = connection.state === 'lost' || (wasLost && connection.state !== 'live')
}

function failed() {
  return h('section', { class: 'page' }, h('div', { class: 'empty' },
    icon('warning'), h('h1', {}, t('app.view_failed')), h('p', {}, t('app.view_failed_hint')),
    h('button', { type: 'button', class: 'button', onClick: () => location.reload() }, t('app.try_again'))))
}

async function offerGifStudio() {
  const tools = await knownTools(hub).catch(() => [])
  if (tools.some(({ name }) => name === 'gif')) header.showGifStudio()
}
