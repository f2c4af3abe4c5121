// The Functions load these when they need them, which is in the middle of a test. Stryker would take the code at their top level
// for that test's alone, and try its mutants with no other.
import '../../src/auth/identity-provider/user';
