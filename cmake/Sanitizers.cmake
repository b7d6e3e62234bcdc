# ZI_SANITIZE as an interface target. It goes to the library and to everything that is linked to it.
add_library(zi_sanitize INTERFACE)
if(ZI_SANITIZE)
	string(REPLACE ";" "," zi_sanitizers "${ZI_SANITIZE}")
	target_compile_options(zi_sanitize INTERFACE $<$<COMPILE_LANGUAGE:C,CXX>:
		-fsanitize=${zi_sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer>)
	target_link_options(zi_sanitize INTERFACE -fsanitize=${zi_sanitizers})
endif()

# The library itself must report coverage for libFuzzer to steer by.
if(ZI_FUZZ)
	target_compile_options(zi_sanitize INTERFACE $<$<COMPILE_LANGUAGE:C>:-fsanitize=fuzzer-no-link>)
endif()

# What the sanitizers must know while a test runs. The faults that our tests make on purpose are the library's business: the
# sanitizer's own SIGSEGV handler would turn a default action, which tests look at, into an exit code. Children of tests go on with the
# library, which may start a thread of its own there.
set(ZI_SANITIZE_ENV
	"ASAN_OPTIONS=handle_segv=0:handle_sigbus=0:allocator_may_return_null=1:detect_stack_use_after_return=0"
	"UBSAN_OPTIONS=print_stacktrace=1"
	"TSAN_OPTIONS=handle_segv=0:handle_sigbus=0:halt_on_error=0:second_deadlock_stack=1:atexit_sleep_ms=50:die_after_fork=0")
