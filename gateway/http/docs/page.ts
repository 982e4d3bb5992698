import { errors } from '@herald/protocol'
import { errorRows } from '../error-answers'
import type { Right, Route } from '../route'
import { describeFields } from './fields'
import { Html, html } from './html'
import { errorsOf } from './openapi'
import { style } from './style'

const rightWords: Readonly<Record<Right, string>> = {
  public: 'No token.',
  token: 'Any valid token.',
  publish: 'A token that may publish to the feed.',
  read: 'A token that reads as its user.',
  admin: 'A token with the admin right.',
}

/** Written whole, because its hash must match the style sheet to the byte. */
const styleElement = new Html(`<style>${style}</style>`)

/** The API for a reader: how to begin, every route, every error. One page, no script. */
export function renderDocs(routes: readonly Route[], version: string, address: string): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Herald HTTP API</title>
        <link rel="icon" href="data:," />
        ${styleElement}
      </head>
      <body>
        <div class="page">
          ${navigation(routes, version)}
          <main>
            <h1>Herald HTTP API</h1>
            <p class="dim">
              Send a message from anywhere that can make an HTTP request; it arrives on people’s phones.
            </p>
            ${beginning(address)}
            <h2 id="routes">Routes</h2>
            ${routes.map((route) => routeSection(route))} ${errorSection()}
          </main>
        </div>
      </body>
    </html> `
  return page.text
}

function navigation(routes: readonly Route[], version: string): Html {
  return html`<nav aria-label="Contents">
    <strong>Herald</strong> <span class="dim">${version}</span>
    <ul>
      <li><a href="#begin">Publish in ten seconds</a></li>
      <li><a href="#feeds">Feeds</a></li>
      <li><a href="#tokens">Tokens</a></li>
      <li><a href="#errors">Errors</a></li>
      <li><a href="/openapi.json">openapi.json</a></li>
    </ul>
    <span class="dim">Routes</span>
    <ul>
      ${routes.map(
        (route) =>
          html`<li>
            <a href="#${anchor(route)}"
              ><span class="verb ${route.method}">${route.method}</span> ${route.path.replace('/v1/', '')}</a
            >
          </li>`,
      )}
    </ul>
  </nav>`
}

function beginning(address: string): Html {
  return html`<h2 id="begin">Publish in ten seconds</h2>
    <p>A line of text, with its options in headers:</p>
    <pre><code>curl -H "Authorization: Bearer $TOKEN" \\
     -H "Title: Backup" -H "Priority: high" \\
     -d "The backup of db-1 failed" \\
     ${address}/v1/feeds/topic:ops/messages</code></pre>
    <p>
      Or JSON, for everything a message can hold. The <code>Idempotency-Key</code> makes it safe to send
      twice:
    </p>
    <pre><code>curl -H "Authorization: Bearer $TOKEN" \\
     -H "Content-Type: application/json" \\
     -H "Idempotency-Key: order-1042-paid" \\
     -d '{"title": "Order 1042", "body": "**Paid**, ready to ship", "markdown": true,
          "link": "https://shop.example.com/orders/1042", "tags": ["orders"]}' \\
     ${address}/v1/feeds/user:ann/messages</code></pre>
    <p>The answer <code>201</code> comes when the message is on stable storage, never before.</p>
    <h2 id="feeds">Feeds</h2>
    <p>
      <code>user:&lt;id&gt;</code> is one person’s own feed, <code>topic:&lt;name&gt;</code> is followed by
      whoever likes, <code>all</code> is everyone’s. Ids and names are 1–64 of <code>A-Z a-z 0-9 . _ -</code>.
      A topic begins with its first message.
    </p>
    <h2 id="tokens">Tokens</h2>
    <p>
      Every request carries <code>Authorization: Bearer &lt;token&gt;</code>. A token may publish to feeds
      that match its patterns (<code>topic:ops</code>, <code>user:*</code>, <code>*</code>), read as its user,
      or administer. The first start of the gateway leaves two of them in its data folder:
      <code>publish-token</code> and <code>admin-token</code>.
    </p>`
}

function anchor({ method, path }: Route): string {
  return `${method}-${path.replace(/[^a-z]+/gi, '-')}`
}

function routeSection(route: Route): Html {
  return html`<details id="${anchor(route)}">
    <summary>
      <span class="verb ${route.method}">${route.method}</span> <code>${route.path}</code>
      <span class="what">${route.summary}</span>
    </summary>
    <div class="inside">
      <p class="dim">${rightWords[route.right]}</p>
      ${
        route.headers
          ? table(
              'Headers',
              ['Header', 'Meaning'],
              route.headers.map(({ name, meaning }) => [code(name), meaning]),
            )
          : ''
      }
      ${route.query ? fieldTable('Query', route.query) : ''}
      ${route.body ? fieldTable('Body', route.body) : ''}
      ${Object.entries(route.answers).map(([status, { meaning, schema }]) =>
        schema
          ? html`<h3>${status}</h3>
              <p>${meaning}</p>
              ${fieldTable('', schema)}`
          : html`<h3>${status}</h3>
              <p>${meaning}</p>`,
      )}
      <h3>Errors</h3>
      <p>
        ${errorsOf(route).map((name) => html`<a href="#error-${name}"><code>${name}</code></a> <span class="dim">${errors[name].status}</span>&ensp; `)}
      </p>
    </div>
  </details>`
}

function fieldTable(title: string, schema: Parameters<typeof describeFields>[0]): Html {
  const rows = describeFields(schema).map(({ name, type, required }) => [
    code(name),
    type,
    required ? 'required' : '',
  ])
  return table(title, ['Field', 'Type', ''], rows)
}

function table(title: string, heads: readonly string[], rows: readonly (readonly (Html | string)[])[]): Html {
  return html`${title === '' ? '' : html`<h3>${title}</h3>`}
    <table>
      <thead>
        <tr>
          ${heads.map((head) => html`<th>${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (cells) =>
            html`<tr>
              ${cells.map((cell) => html`<td>${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>`
}

const code = (text: string): Html => html`<code>${text}</code>`

function errorSection(): Html {
  const rows = errorRows.map(({ code: name, status, retryable, meaning }) => [
    html`<code id="error-${name}">${name}</code>`,
    String(status),
    retryable ? 'yes' : 'no',
    meaning,
  ])
  return html`<h2 id="errors">Errors</h2>
    <p>
      Everything that is not a success answers <code>{"error": {"code", "message", "retryable"}}</code>.
      Decide by the code; the message is for a person. <code>Retry-After</code> says when to come back.
    </p>
    ${table('', ['Code', 'Status', 'Try again', 'Meaning'], rows)}`
}
