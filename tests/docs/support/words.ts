/** A way to put it that has misled readers before, and what to write instead. */
export interface WordFinding {
  readonly words: string;
  readonly instead: string;
}

/** Found without regard to case. Each entry has been read as a translation, or has a standard term. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  // Conditions are `if` or `when`; `where` is for places.
  [/, where (?:it|this|that|they|there|one|no|not|none|both|neither|nothing|the|a|an)\b/, 'if'],
  [/\b(?:only|even|except|also) where\b/, 'if, or when'],
  [
    /\bwhere (?:set|given|left out|missing|needed|possible|known|there|both|neither|none|no|nothing|one|that is)\b/,
    'if',
  ],
  // The subject is the caller, Twilio, the page, the operator or you.
  [
    /\b(?:somebody|nobody|whoever|whomever|whom|a stranger|strangers?)\b/,
    'the caller, a person, an unauthenticated caller',
  ],
  // Words that have misled before.
  [/\bmend(?:s|ed|ing)?\b/, 'fix'],
  [/\banew\b/, 'again'],
  [/\balike\b/, 'the same'],
  [/\bit takes (?!about|at|more|less|long|up to|\d)/, 'requires'],
  [/\b(?:if|when) (?:it|this) (?:stays|goes on)\b/, 'if it persists'],
  [/\bin (?:its|their|his) place\b/, 'instead'],
  [/\bof (?:its|their|his|her|one's|my) own(?= *[.,;:)]| that| which| and|$)/, 'its, separate'],
  [/\bof (?:Flex|Jest|Node|Biome|Chromium|npm)['’]s(?= own| that| which| is| are| and|[.,;:)]|$)/, 'Twilio’s'],
  [/(?<!\bthere )\b(?:is|are|was|were) no (?!longer|more|such|less|different|idea|way|help|use|proof)/, 'is not a'],
  [/\b(?:not|no|never|nothing) (?:\S+ ){0,4}any ?more\b/, 'no longer'],
  [/\bis over already\b|\bfor ever\b|\bby name of\b|\bat the latest moment\b/, 'has ended, forever'],
  // Standard terms.
  [/\banswer(?:s|ed|ing)?\b/, 'response, return, respond'],
  [/\b(?:asks|asked|asking)\b/, 'request'],
  [/(?<!\b(?:email|IP|loopback|plus) )\baddress(?:es)?\b(?! bar)/, 'URL'],
  [/\be-mails?\b/, 'email'],
  [/\bwish(?:es|ed)?\b/, 'requested'],
  [
    /\b(?:behaviour|organisation|colour|honour|centre|licence|labelled|authoris|recognis|serialis|normalis)\w*\b/,
    'American spelling',
  ],
];

/** Returns the words in a text that this project does not use. */
export const findingsIn = (text: string): WordFinding[] =>
  WORDS.flatMap(([pattern, instead]) =>
    [...text.matchAll(new RegExp(pattern, 'gi'))].map(([words]) => ({ words, instead })),
  );
