/** The page with the form: what can be asked for has the names of the request's fields. */
export function formPage(): string {
  return document('Make a GIF', `
<h1>Make a GIF</h1>
<p class="soft">Choose two or more photos, or one video. With scripts there is more: <a href="/#/gif">the GIF studio</a>.</p>
<form class="card card-body new-form" method="post" action="/gif" enctype="multipart/form-data">
${field('photo', 'Photos, or a video', '<input class="input" id="photo" type="file" name="photo" multiple required accept="image/*,video/*">')}
${field('delay_ms', 'Milliseconds for each photo', '<input class="input" id="delay_ms" type="number" name="delay_ms" min="20" max="60000" value="500">')}
${field('width', 'Width', '<input class="input" id="width" type="number" name="width" min="16" max="4096" placeholder="of the first photo">')}
${field('height', 'Height', '<input class="input" id="height" type="number" name="height" min="16" max="4096" placeholder="follows from the width">')}
${field('fit', 'Photos of another shape', '<select class="input" id="fit" name="fit"><option value="contain">whole, with a border</option><option value="cover">fill the frame</option><option value="stretch">stretched</option></select>')}
${field('order', 'Order', '<select class="input" id="order" name="order"><option value="upload">as chosen</option><option value="name">by name</option></select>')}
<div class="submit"><button class="button" data-kind="primary">Make the GIF</button></div>
</form>`)
}

export function resultPage({ url, bytes }: { readonly url: string; readonly bytes: number }): string {
  const link = escapeHtml(url)
  return document('Your GIF', `
<h1>Your GIF is ready</h1>
<p class="soft">${bytes.toLocaleString('en')} bytes</p>
<p><img class="shown" src="${link}" alt="What was made"></p>
<p class="submit"><a class="button" data-kind="primary" href="${link}" download>Download</a> <a class="button" href="/gif">Make another</a></p>`)
}

export function errorPage({ message, hint }: { readonly message: string; readonly hint: string | undefined }): string {
  return document('That did not work', `
<h1>That did not work</h1>
<div class="notice" data-tone="bad" role="alert"><div><strong>${escapeHtml(message)}</strong>${hint === undefined ? '' : `<span>${escapeHtml(hint)}</span>`}</div></div>
<p class="submit"><a class="button" href="/gif">Try again</a></p>`)
}

function field(name: string, label: string, control: string): string {
  return `<div class="field"><label for="${name}">${label}</label>${control}</div>`
}

function document(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · reeltime</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/styles.css">
<link rel="stylesheet" href="/components.css">
<link rel="stylesheet" href="/new-job.css">
</head>
<body>
<main class="page new-page">${body}
</main>
</body>
</html>
`
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`)
}
