/** The roles of Flex, least first. A token can hold others (of add-ons); they grant nothing here. */
export const FLEX_ROLES = ['agent', 'supervisor', 'admin'] as const;

export type FlexRole = (typeof FLEX_ROLES)[number];

/** The role of webchat visitors, who hold valid Flex tokens too. */
export const GUEST_ROLE = 'guest';

export const isFlexRole = (role: unknown): role is FlexRole => (FLEX_ROLES as readonly unknown[]).includes(role);
