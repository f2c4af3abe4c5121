/** The roles of Flex itself, least first. A token may hold others besides (of add-ons); those grant nothing here. */
export const FLEX_ROLES = ['agent', 'supervisor', 'admin'] as const;

export type FlexRole = (typeof FLEX_ROLES)[number];

/** Webchat visitors hold valid Flex tokens too, with this role. */
export const GUEST_ROLE = 'guest';

export const isFlexRole = (role: unknown): role is FlexRole => (FLEX_ROLES as readonly unknown[]).includes(role);
