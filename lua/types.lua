---@meta

--- Declarations for editors (LuaLS): what a recipe's script can use. Nothing
--- here runs.

--- How the camera moves; each component from the request's own if not given.
---@class Motion
---@field x? number to the right
---@field y? number up
---@field z? number forward
---@field r? number roll, clockwise
---@field bg_x_pan? number the background, to the right
---@field bg_y_pan? number the background, up

--- The fields of one generation. They lie over the cell's request, `motion` by
--- component; `runway.none` removes one.
---@class Request
---@field prompt? string
---@field model? string
---@field ratio? string "16:9", "9:16" …
---@field style? string
---@field seconds? number
---@field seed? integer
---@field motion? Motion
---@field image? string path below the recipe's folder, or URL: the first frame
---@field last_image? string the last frame
---@field video? string
---@field structure? number
---@field flip? boolean
---@field extra? table passed through as it is

--- What `runway.generate` takes: fields, and how to buy them.
---@class Order: Request
---@field take? integer 1, 2 …: the same request bought again on purpose
---@field gateway? string the recipe's own

--- One file that was delivered. Read-only.
---@class File
---@field n integer from 1, of the files of one generation
---@field seconds number
---@field width integer
---@field height integer
---@field task_id? string
---@field request Request what it was bought with
---@field sha256? string not in a plan, where there is no file
---@field path? string not in a plan

--- A delivered generation: its first file, and all where there are several.
---@class Clip: File
---@field files? File[]

--- What `pcall` gets when a purchase ends without a clip.
---@class PurchaseError
---@field kind string "failed", "moderation", "refused", "timeout" …
---@field message string
---@field task_id? string

--- One combination of the sweep: besides these, every axis, every parameter and
--- every field of the request by its name. Read-only.
---@class Cell: Request
---@field index integer from 1
---@field name string
---@field take integer
---@field [string] any

---@class WaitOptions
---@field timeout? number|string seconds, or "30m"
---@field gateway? string the recipe's own

---@class Json
---@field null lightuserdata
---@field decode fun(text: string): any raises for what is not JSON
---@field encode fun(value: any): string keys sorted; raises for what JSON cannot say
---@field list fun(list: table): table marked as a list, so that it is one even when empty

--- What a script buys with, and waits by.
---@class Runway
---@field json Json
---@field params table<string, any> what `-p NAME=VALUE` set, read-only
---@field none lightuserdata in a request: leave this field out
runway = {}

--- Buy one generation, or find it bought. Waits only for its acceptance.
---@param fields string|Order a prompt, or fields over the cell's request
---@return string task_id
function runway.generate(fields) end

--- Wait until a generation is delivered; raises a PurchaseError when it fails.
---@overload fun(task_ids: string[], options?: WaitOptions): Clip[]
---@param task_id string
---@param options? WaitOptions
---@return Clip clip
function runway.wait(task_id, options) end

--- Generate and wait.
---@param fields string|Order
---@return Clip clip
function runway.clip(fields) end

--- Let other cells go on for a while.
---@param duration number|string seconds, or "30m"
function runway.sleep(duration) end

--- A line for people, on stderr.
---@param ... any
function runway.log(...) end

--- When the run started, in seconds since 1970; the same for all its cells.
---@return number
function runway.now() end
