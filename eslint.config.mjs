import js from '@eslint/js'
import { defineConfig } from 'eslint/config'
import vue from 'eslint-plugin-vue'
import globals from 'globals'
import tseslint from 'typescript-eslint'
import vueParser from 'vue-eslint-parser'
import herald from './scripts/layers.mjs'

const IN_NODE = [
  'sdk/package/*.cjs',
  'gateway/**',
  'tools/**',
  'tests/**',
  'e2e/**',
  'scripts/**',
  '*.config.*',
]
const TESTS = ['tests/**', 'tools/emulator/tests/**', 'tools/bench/**', 'e2e/**']

export default defineConfig(
  // Hosts are written as their makers write: without types, and by no rule of this project.
  {
    ignores: [
      '**/node_modules/',
      '**/dist/',
      'unpackage/',
      'coverage/',
      'e2e/out/',
      'data/',
      'examples/',
      'sdk/package/pages/',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  ...vue.configs['flat/essential'],
  {
    files: ['**/*.ts', '**/*.mts', '**/*.mjs', '**/*.vue'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        parser: tseslint.parser,
        project: [
          'tsconfig.json',
          'gateway/tsconfig.json',
          'tests/tsconfig.json',
          'tools/push-fakes/tsconfig.json',
          'tools/engines/tsconfig.json',
          'tools/emulator/tsconfig.json',
          'tools/emulator/tests/fixture/tsconfig.json',
        ],
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: ['.vue'],
      },
    },
    plugins: { herald },
    rules: {
      'herald/layers': 'error',
      eqeqeq: 'error',
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 80, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
      'no-undef': 'off', // TypeScript's part
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // A row's or a frame's type is the caller's to name.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  {
    files: ['**/*.vue'],
    languageOptions: { parser: vueParser },
    rules: {
      'vue/block-order': ['error', { order: ['script', 'template', 'style'] }],
      'vue/component-api-style': ['error', ['script-setup']],
      'vue/multi-word-component-names': 'off',
      'vue/no-v-html': 'error',
      'vue/require-explicit-emits': 'error',
    },
  },
  { files: IN_NODE, languageOptions: { globals: globals.node } },
  { files: ['public/**'], languageOptions: { globals: globals.serviceworker, sourceType: 'script' } },
  {
    files: TESTS,
    rules: {
      'max-lines': ['error', { max: 600, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/require-await': 'off',
    },
  },
  // Programs talk to people: scripts, benches, the command line tool.
  {
    files: [
      'scripts/**',
      'tools/bench/**',
      'tools/emulator/tests/fixture/**',
      'gateway/build.mjs',
      'gateway/bin/**',
    ],
    rules: { 'no-console': 'off' },
  },
)
