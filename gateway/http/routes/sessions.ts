import { EndedSessionsSchema, SessionListSchema, SessionsQuerySchema } from '@herald/protocol'
import { Sessions } from '../../users/sessions'
import { route, type Route } from '../route'
import type { HttpServices } from '../services'

/** Where a user is signed in: one's own sessions, and those of anybody for an administrator. */
export function sessionRoutes(services: HttpServices): Route[] {
  const sessions = new Sessions(services)
  return [...ownRoutes(sessions), ...adminRoutes(sessions, services)]
}

function ownRoutes(sessions: Sessions): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/me/sessions',
      right: 'read',
      summary: 'Where one is signed in, the last used first; `device` names the device that asks',
      query: SessionsQuerySchema,
      answers: { 200: { meaning: 'One’s own sessions.', schema: SessionListSchema } },
      async handle({ caller, query: { device } }) {
        return { status: 200, body: { sessions: await sessions.ofCaller(caller, device) } }
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/me/sessions/{id}',
      right: 'read',
      summary: 'Sign out one of one’s own sessions',
      answers: { 204: { meaning: 'The session is over and its live connections are closed.' } },
      errors: ['session_not_found', 'storage_unavailable'],
      async handle({ caller, params, audit }) {
        const id = params.id ?? ''
        await sessions.endOwn(caller, id)
        audit('session_ended', id, caller.user.id)
        return { status: 204 }
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/me/sessions',
      right: 'read',
      summary: 'Sign out all one’s other sessions; `device` names the device that stays, which a JWT has to',
      query: SessionsQuerySchema,
      answers: { 200: { meaning: 'How many were ended.', schema: EndedSessionsSchema } },
      errors: ['storage_unavailable'],
      async handle({ caller, query: { device }, audit }) {
        const ended = await sessions.endOthers(caller, device)
        audit('session_ended', 'others', caller.user.id)
        return { status: 200, body: { ended } }
      },
    }),
  ]
}

function adminRoutes(sessions: Sessions, { directory }: HttpServices): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/users/{id}/sessions',
      right: 'admin',
      summary: 'Where a user is signed in, the last used first',
      answers: { 200: { meaning: 'The user’s sessions.', schema: SessionListSchema } },
      errors: ['user_not_found'],
      async handle({ params }) {
        const user = await directory.getUser(params.id ?? '')
        return { status: 200, body: { sessions: await sessions.ofUser(user.id) } }
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/users/{id}/sessions/{session}',
      right: 'admin',
      summary: 'Sign out one session of a user',
      answers: { 204: { meaning: 'The session is over and its live connections are closed.' } },
      errors: ['user_not_found', 'session_not_found', 'storage_unavailable'],
      async handle({ params, audit }) {
        const user = await directory.getUser(params.id ?? '')
        const id = params.session ?? ''
        await sessions.end(user.id, id)
        audit('session_ended', id, user.id)
        return { status: 204 }
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/users/{id}/sessions',
      right: 'admin',
      summary: 'Sign out all sessions of a user',
      answers: { 200: { meaning: 'How many were ended.', schema: EndedSessionsSchema } },
      errors: ['user_not_found', 'storage_unavailable'],
      async handle({ params, audit }) {
        const user = await directory.getUser(params.id ?? '')
        const ended = await sessions.endAll(user.id)
        audit('session_ended', 'all', user.id)
        return { status: 200, body: { ended } }
      },
    }),
  ]
}
