# The warning set as an interface target. It is PRIVATE to every target of ours, so that users never inherit it.
add_library(zi_warnings INTERFACE)
target_compile_options(zi_warnings INTERFACE
	$<$<COMPILE_LANGUAGE:C,CXX>:-Wall -Wextra -Wconversion -Wparentheses -Wshadow>
	$<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes -Wmissing-prototypes -Wvla>)
if(ZI_WERROR)
	target_compile_options(zi_warnings INTERFACE $<$<COMPILE_LANGUAGE:C,CXX>:-Werror>)
endif()
