/** The example's tests are run as its users run them. */
import "../../examples/policy-tests/test/hosts.test";
import "../../examples/policy-tests/test/program.test";
