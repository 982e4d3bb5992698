/** The connection as a person sees it. */
export interface ConnectionView {
  readonly name: 'stopped' | 'suspended' | 'waiting' | 'connecting' | 'live'
  readonly code: number | null
  readonly closeName: string | null
  readonly retryAt: number | null
}
