import { hasEnded } from './client/client/index.js'
import { h, icon, setText } from './dom.js'
import { hasFound } from './earlier-input.js'
import { forgetJob } from './session.js'
import { toast } from './toast.js'

const SURE_MS = 4000

/** What can be done with a job as it is: cancel, run again, delete, copy. */
export function makeJobActions({ t, handle, navigate }) {
  const cancel = button('stop', 'page.cancel', () => handle.cancel())
  const retry = button('retry', 'page.retry', async () => {
    await handle.retry()
    actions.onRetried()
  })
  const changeText = h('span', {}, t('page.change'))
  const change = h('a', { class: 'button' }, icon('edit'), changeText)
  const remove = makeSure(button('trash', 'page.remove', async () => {
    await handle.remove()
    forgetJob(handle.id)
    toast(t('page.removed'))
    navigate('#/')
  }, 'danger'))
  const copyId = button('copy', 'page.copy_id', () => copy(handle.id))
  const copyCurl = button('text', 'page.copy_curl', () => copy(curlOf(handle.job)))
  const actions = {
    element: h('div', { class: 'job-actions' }, cancel, change, retry, copyId, copyCurl, remove),
    /** Called when the job was put into the queue again. */
    onRetried() {},
    show(job) {
      const { id, tool, status } = job
      cancel.hidden = hasEnded(status)
      retry.hidden = !hasEnded(status)
      // The GIF studio has pictures, and no form.
      change.hidden = !hasEnded(status) || tool === 'gif'
      change.href = `#/new/${tool}?from=${id}`
      setText(changeText, t(hasFound(job) ? 'page.take_off' : 'page.change'))
      if (hasFound(job)) change.dataset.kind = 'primary'
    },
  }
  return actions

  function button(picture, key, onClick, kind) {
    const element = h('button', { type: 'button', class: 'button', ...(kind && { dataset: { kind } }), onClick: () => run(element, onClick) }, icon(picture), h('span', {}, t(key)))
    return element
  }

  async function run(element, action) {
    element.disabled = true
    try {
      await action()
    } catch (error) {
      toast(error.hint ? `${error.message}. ${error.hint}` : error.message, { tone: 'bad' })
    } finally {
      element.disabled = false
    }
  }

  async function copy(text) {
    await navigator.clipboard.writeText(text)
    toast(t('page.copied'))
  }

  /** Asks once more in its own place before it does what cannot be undone. */
  function makeSure(element) {
    const label = element.querySelector('span')
    let isSure = false
    const calm = () => {
      isSure = false
      label.textContent = t('page.remove')
    }
    element.addEventListener('click', (event) => {
      if (isSure) return
      event.stopImmediatePropagation()
      isSure = true
      label.textContent = t('page.remove_sure')
      setTimeout(calm, SURE_MS)
    }, { capture: true })
    return element
  }
}

/** The command that submits the same job once more. */
function curlOf({ tool, input }) {
  const body = JSON.stringify({ tool, input }).replaceAll("'", String.raw`'\''`)
  return `curl ${location.origin}/api/jobs -H 'content-type: application/json' -d '${body}'`
}
