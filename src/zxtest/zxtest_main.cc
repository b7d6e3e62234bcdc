/* The main() of test programs that have none. A file of its own, so that the linker may leave it out. */
#include <zxtest/c/zxtest.h>

int main(int argc, char **argv)
{
	return zxtest_run_all_tests(argc, argv);
}
