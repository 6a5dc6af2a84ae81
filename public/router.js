const VIEWS = {
  '': () => import('./job-list.js'),
  jobs: () => import('./job-view.js'),
  batch: () => import('./batch-view.js'),
  new: () => import('./new-job.js'),
  gif: () => import('./gif-studio.js'),
}

/** What each view calls the second part of its address. */
const PART = { jobs: 'id', batch: 'id', new: 'tool' }

/** Reads an address such as `#/new/gif?source=upload:a`: the view's name, and its parameters. */
export function parseAddress(hash) {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2)
  const [name = '', part] = path.split('/')
  const params = Object.fromEntries(new URLSearchParams(query))
  if (!Object.hasOwn(VIEWS, name)) return { name: '', params: {} }
  return { name, params: part && PART[name] ? { ...params, [PART[name]]: decodeURIComponent(part) } : params }
}

export function loadView(name) {
  return VIEWS[name]()
}

/** Goes to an address of this page. */
export function navigate(hash) {
  location.hash = hash
}
