import { chooseFile, offerPictures } from './chosen-source.js'
import { h, icon } from './dom.js'
import './new-job-strings.js'

/** Takes files and links that are dropped or pasted anywhere on the page to where a job is made of them. */
export function installDrop(page) {
  const { navigate, t } = page
  const veil = h('div', { class: 'veil', hidden: true, 'aria-hidden': 'true' }, h('div', {}, icon('drop'), h('strong', {}, t('drop.here'))))
  document.body.append(veil)
  let depth = 0

  addEventListener('dragenter', (event) => {
    if (!isOffer(event.dataTransfer)) return
    depth++
    veil.hidden = false
  })
  addEventListener('dragleave', (event) => {
    if (!isOffer(event.dataTransfer)) return
    depth = Math.max(0, depth - 1)
    veil.hidden = depth === 0
  })
  addEventListener('dragover', (event) => {
    if (isOffer(event.dataTransfer)) event.preventDefault()
  })
  addEventListener('drop', (event) => {
    depth = 0
    veil.hidden = true
    if (event.defaultPrevented || !isOffer(event.dataTransfer)) return
    event.preventDefault()
    take(event.dataTransfer)
  })
  addEventListener('paste', (event) => {
    const isTyping = event.target instanceof Element && event.target.closest('input, textarea')
    if (isTyping && event.clipboardData.files.length === 0) return
    if (take(event.clipboardData)) event.preventDefault()
  })

  function take(data) {
    const [file] = data.files
    if (data.files.length > 1 && !location.hash.startsWith('#/new') && [...data.files].every(({ type }) => type.startsWith('image/'))) {
      offerPictures([...data.files])
      navigate('#/gif')
      return true
    }
    if (file) {
      chooseFile(page.hub, file)
      if (!location.hash.startsWith('#/new')) navigate('#/new')
      return true
    }
    const address = (data.getData('text/uri-list') || data.getData('text/plain')).trim()
    if (!/^https?:\/\/\S+$/.test(address)) return false
    navigate(`#/new?source=${encodeURIComponent(address)}`)
    return true
  }
}

function isOffer(data) {
  return data?.types.includes('Files') || data?.types.includes('text/uri-list')
}
