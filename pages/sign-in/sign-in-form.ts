import { computed, ref, watch } from 'vue'
import type { SignInKey } from '@/locale/sign-in'
import { parseSignInLink, SignInError, signInWithLink, signInWithToken } from '@/store/session'
import { isInsecure } from './server-address'

/** What the sign-in page knows: two fields, whether it is busy, and what went wrong. */
export function useSignInForm(server0: string) {
  const server = ref(server0)
  const token = ref('')
  const busy = ref(false)
  const error = ref<SignInKey | null>(null)

  const canSubmit = computed(() => server.value.trim() !== '' && token.value.trim() !== '')
  const insecure = computed(() => isInsecure(server.value))

  async function attempt(deed: () => Promise<void>): Promise<void> {
    if (busy.value) return
    busy.value = true
    error.value = null
    try {
      await deed()
    } catch (failure) {
      error.value = `signIn.error.${failure instanceof SignInError ? failure.code : 'internal'}`
    } finally {
      busy.value = false
    }
  }

  const submit = (): Promise<void> =>
    canSubmit.value
      ? attempt(() => signInWithToken(server.value.trim(), token.value.trim()))
      : Promise.resolve()

  const useLink = (link: string): Promise<void> => attempt(() => signInWithLink(link))

  /** A link pasted into either field signs in by itself. */
  watch([server, token], (fields, before) => {
    const index = fields.findIndex(
      (field, at) => field !== before[at] && parseSignInLink(field.trim()) !== null,
    )
    const link = fields[index]
    if (link === undefined) {
      error.value = null
      return
    }
    const parsed = parseSignInLink(link.trim())
    if (parsed) server.value = parsed.server
    token.value = ''
    void useLink(link.trim())
  })

  return { server, token, busy, error, insecure, canSubmit, submit, useLink }
}
