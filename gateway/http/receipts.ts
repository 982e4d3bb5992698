import { HeraldError, MAX_BODY_BYTES, ProviderNameSchema } from '@herald/protocol'
import type { FastifyInstance } from 'fastify'
import * as v from 'valibot'
import { ReceiptError } from '../providers/provider'
import type { HttpServices } from './services'

/**
 * `POST /v1/receipts/{provider}`: push services that call back say here what became of pushes. Each proves itself in
 * its own way, so there is no token, and the body has whatever media type the service likes.
 */
export function takeReceipts(app: FastifyInstance, { receipts }: HttpServices): void {
  void app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser<string>(
      '*',
      { parseAs: 'string', bodyLimit: MAX_BODY_BYTES },
      (_request, text, parsed) => {
        parsed(null, text)
      },
    )
    scope.route<{ Params: { provider: string } }>({
      method: 'POST',
      url: '/v1/receipts/:provider',
      handler: async (request, reply) => {
        const provider = v.safeParse(ProviderNameSchema, request.params.provider)
        const reader = provider.success ? receipts.readerOf(provider.output) : undefined
        if (!provider.success || !reader) throw new HeraldError('not_found')
        try {
          const body = typeof request.body === 'string' ? request.body : ''
          receipts.take(provider.output, reader.readReceipts(request.headers, body))
        } catch (error) {
          if (error instanceof ReceiptError) throw new HeraldError('receipt_invalid', error.message)
          throw error
        }
        // Any answer is the last that a service waits for; what was taken is noted after it.
        return reply.code(204).send()
      },
    })
    done()
  })
}
