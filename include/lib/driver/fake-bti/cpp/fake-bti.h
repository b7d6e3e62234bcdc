/*
 * Fake BTIs for tests in C++; lib/fake-bti/bti.h says what they do. The statuses are those of the calls in C.
 */
#ifndef LIB_DRIVER_FAKE_BTI_CPP_FAKE_BTI_H_
#define LIB_DRIVER_FAKE_BTI_CPP_FAKE_BTI_H_

#include <stddef.h>
#include <stdint.h>

#include <utility>
#include <vector>

#include <lib/fake-bti/bti.h>
#include <lib/zx/bti.h>
#include <lib/zx/result.h>
#include <lib/zx/vmo.h>
#include <zircon/syscalls.h>

namespace fake_bti
{

struct FakeBtiPinnedVmoInfo {
	zx::vmo vmo; /* a handle of its own */
	uint64_t size;
	uint64_t offset;
};

inline zx::result<zx::bti> CreateFakeBti()
{
	zx::bti bti;
	const zx_status_t status = fake_bti_create(bti.reset_and_get_address());

	if (status != ZX_OK)
		return zx::error(status);
	return zx::ok(std::move(bti));
}

/* The addresses (anything with data() and size(), or an array) are not copied: they have to stay until the last pin. */
template <typename Paddrs> zx::result<zx::bti> CreateFakeBtiWithPaddrs(const Paddrs &paddrs)
{
	zx::bti bti;
	const zx_status_t status = fake_bti_create_with_paddrs(std::data(paddrs), std::size(paddrs),
							       bti.reset_and_get_address());

	if (status != ZX_OK)
		return zx::error(status);
	return zx::ok(std::move(bti));
}

/* In the order of the pins. */
inline zx::result<std::vector<FakeBtiPinnedVmoInfo>> GetPinnedVmo(zx::unowned_bti bti)
{
	std::vector<fake_bti_pinned_vmo_info_t> raw;
	std::vector<FakeBtiPinnedVmoInfo> infos;
	size_t actual = 0;
	zx_status_t status = fake_bti_get_pinned_vmos(bti->get(), nullptr, 0, &actual);

	if (status != ZX_OK)
		return zx::error(status);
	raw.resize(actual);
	status = fake_bti_get_pinned_vmos(bti->get(), raw.data(), raw.size(), &actual);
	if (status != ZX_OK)
		return zx::error(status);
	for (size_t i = 0; i < raw.size() && i < actual; i++)
		infos.push_back({zx::vmo(raw[i].vmo), raw[i].size, raw[i].offset});
	return zx::ok(std::move(infos));
}

inline zx::result<std::vector<zx_paddr_t>> GetVmoPhysAddress(zx::unowned_bti bti,
							     const FakeBtiPinnedVmoInfo &info)
{
	const fake_bti_pinned_vmo_info_t raw = {info.vmo.get(), info.size, info.offset};
	std::vector<zx_paddr_t> paddrs;
	size_t actual = 0;
	zx_status_t status =
		fake_bti_get_phys_from_pinned_vmo(bti->get(), raw, nullptr, 0, &actual);

	if (status != ZX_OK)
		return zx::error(status);
	paddrs.resize(actual);
	status = fake_bti_get_phys_from_pinned_vmo(bti->get(), raw, paddrs.data(), paddrs.size(),
						   &actual);
	if (status != ZX_OK)
		return zx::error(status);
	return zx::ok(std::move(paddrs));
}

} // namespace fake_bti

#endif /* LIB_DRIVER_FAKE_BTI_CPP_FAKE_BTI_H_ */
