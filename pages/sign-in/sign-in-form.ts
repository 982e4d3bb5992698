import { computed, ref, watch } from 'vue'
import type { SignInKey } from '@/locale/sign-in'
import { useHerald } from '@/sdk/composables'
import { findSignInLink, SignInError, type AskSwitch } from '@/sdk/sign-in'
import { isInsecure } from './server-address'

/** What the sign-in page knows: two fields, whether it is busy, and what went wrong. */
export function useSignInForm(server0: string, ask: AskSwitch) {
  const { signIn } = useHerald()
  const server = ref(server0)
  const token = ref('')
  const busy = ref(false)
  const error = ref<SignInKey | null>(null)
  /** What came while something else was tried. */
  let next: (() => Promise<unknown>) | null = null

  const canSubmit = computed(() => server.value.trim() !== '' && token.value.trim() !== '')
  const insecure = computed(() => isInsecure(server.value))

  /** Tries it; what is asked for meanwhile comes after it, and what became of the one before does not matter then. */
  async function attempt(deed: () => Promise<unknown>): Promise<void> {
    next = deed
    if (busy.value) return
    busy.value = true
    while (next !== null) {
      const now: () => Promise<unknown> = next
      next = null
      error.value = null
      try {
        await now()
      } catch (failure) {
        error.value = `signIn.error.${failure instanceof SignInError ? failure.code : 'internal'}`
      }
    }
    busy.value = false
  }

  const submit = (): Promise<void> =>
    canSubmit.value && !busy.value
      ? attempt(() => signIn({ server: server.value.trim(), token: token.value.trim() }, ask))
      : Promise.resolve()

  const useLink = (link: string): Promise<void> => attempt(() => signIn({ link }, ask))

  /** A link pasted into either field signs in by itself, whatever was copied along with it. */
  watch([server, token], (fields, before) => {
    const pasted = fields.find((field, at) => field !== before[at] && findSignInLink(field) !== null)
    if (pasted === undefined) {
      error.value = null
      return
    }
    server.value = findSignInLink(pasted)?.server ?? ''
    token.value = ''
    void useLink(pasted)
  })

  return { server, token, busy, error, insecure, canSubmit, submit, useLink }
}
