/* Classes that are not copied. */
#ifndef FBL_MACROS_H_
#define FBL_MACROS_H_

#define DISALLOW_COPY_ASSIGN_AND_MOVE(type)     \
	type(const type &) = delete;            \
	type(type &&) = delete;                 \
	type &operator=(const type &) = delete; \
	type &operator=(type &&) = delete

#define DISALLOW_COPY_AND_ASSIGN_ALLOW_MOVE(type) \
	type(const type &) = delete;              \
	type &operator=(const type &) = delete

#endif /* FBL_MACROS_H_ */
